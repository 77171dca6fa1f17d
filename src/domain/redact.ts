/**
 * The one redactor: takes every secret that this process knows out of a text, however a peer wrote it back.
 *
 * Invariant: whatever a provider says passes here before it enters a message, a log, a finding or evidence. Secrets are known by
 * value, and never forgotten while the process lives.
 */

const MASK = '***';
/** Shorter values occur in ordinary text, and blanking them would say what they are. */
const SHORTEST_SECRET = 6;
/** Characters that are kept of what a peer said about a failure. */
const EXCERPT = 160;
/** Variables that hold a secret by their name, whatever reads them. */
const SECRET_NAME =
  /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|_KEY|CREDENTIALS?|CREDS|COOKIE|WEBHOOK_URL|DSN)$/i;
/** Names that end like a secret's and hold none. */
const HARMLESS_NAME = /^(AWS_ACCESS_KEY_ID|SSH_.*|.*_TOKEN_FILE|.*_KEY_ID)$/i;
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"'<>]+@/gi;
const AUTHORIZATION = /\b(bearer|basic)\s+(?!\*)[A-Za-z0-9._~+/=-]{8,}/gi;

const forms = new Set<string>();
let known: readonly string[] = [];

/** Makes `redact` take a value out, in every encoding; a list by commas is each of its members, a URL also its path. */
export function knowSecret(value: string | undefined): void {
  if (value === undefined) return;
  const before = forms.size;
  for (const secret of [value, ...value.split(','), ...partsOfUrl(value)].map((one) => one.trim())) {
    if (secret.length >= SHORTEST_SECRET && !forms.has(secret))
      for (const form of formsOf(secret)) forms.add(form);
  }
  // The longest first: what contains another is taken out whole.
  if (forms.size > before) known = [...forms].sort((a, b) => b.length - a.length);
}

/** Knows every variable that holds a secret by its name, or an address with a password in it. */
export function knowEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || HARMLESS_NAME.test(name)) continue;
    if (SECRET_NAME.test(name)) knowSecret(value);
    else for (const part of passwordOf(value)) knowSecret(part);
  }
}

export function redact(text: string): string {
  let clean = text;
  for (const form of known) if (clean.includes(form)) clean = clean.replaceAll(form, MASK);
  return clean.replaceAll(URL_CREDENTIALS, `$1${MASK}@`).replaceAll(AUTHORIZATION, `$1 ${MASK}`);
}

/** One short redacted line of what a peer said; cut after redaction, so that no half of a secret is left. */
export function excerpt(text: string): string {
  // A secret that begins within the bound may end beyond it.
  const line = redact(text.slice(0, 20 * EXCERPT))
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT - 1)}…`;
}

/** Redacts an error where it stands: message, stack and causes. */
export function redactError(error: unknown, depth = 0): void {
  if (!(error instanceof Error) || depth > 8) return;
  for (const field of ['message', 'stack'] as const) {
    const text = error[field];
    if (text === undefined) continue;
    const clean = redact(text);
    if (clean !== text)
      Object.defineProperty(error, field, { value: clean, writable: true, configurable: true });
  }
  redactError(error.cause, depth + 1);
}

function* formsOf(secret: string): Generator<string> {
  yield secret;
  yield JSON.stringify(secret).slice(1, -1);
  yield secret.replaceAll('/', String.raw`\/`);
  const [encoded, asUri] = [tried(secret, encodeURIComponent), tried(secret, encodeURI)];
  for (const text of [encoded, asUri]) {
    yield text;
    yield text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  }
  yield encoded
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  yield html;
  yield html.replaceAll('"', '&quot;').replaceAll("'", '&#39;');
  yield* base64Of(secret);
}

/** Alone, and in the middle of something longer (`user:secret`): three positions in a group of three bytes. */
function* base64Of(secret: string): Generator<string> {
  const bytes = new TextEncoder().encode(secret);
  for (const shift of [0, 1, 2]) {
    const padded = new Uint8Array(shift + bytes.length);
    padded.set(bytes, shift);
    const text = btoa(String.fromCharCode(...padded)).replace(/=+$/, '');
    // Characters at both ends are made of neighbours too.
    const begin = shift === 0 ? 0 : shift + 1;
    const end = Math.floor(((shift + bytes.length) * 8) / 6);
    const core = text.slice(begin, end);
    if (core.length < SHORTEST_SECRET) continue;
    yield core;
    yield core.replaceAll('+', '-').replaceAll('/', '_');
  }
}

/** A lone surrogate has no such form. */
function tried(text: string, encode: (text: string) => string): string {
  try {
    return encode(text);
  } catch {
    return text;
  }
}

function partsOfUrl(value: string): string[] {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return passwordOf(value);
  const { pathname, search } = new URL(value);
  return [...passwordOf(value), pathname + search, pathname].filter((part) => part.length > 8);
}

function passwordOf(value: string): string[] {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\s]*:)?([^/?#\s@]+)@/i.exec(value)?.[1];
  if (found === undefined) return [];
  try {
    return [found, decodeURIComponent(found)];
  } catch {
    return [found];
  }
}
