/**
 * Who a request is for: the key by which a user stays on one side.
 *
 * Invariant: the key is the bytes as received, on every runtime. A key whose bytes are not valid UTF-8, or hold U+FFFD
 * (which a runtime may have put in their place), is no key. Nothing is normalised, folded or decoded.
 */

/** Where the key comes from. */
export type Sticky =
  | { readonly header: string }
  | { readonly cookie: string }
  /** An id that the router itself sets. */
  | { readonly anonymous: true };

/** Turns a header as the runtime hands it out into the text that its bytes are in UTF-8; null when they are not. */
export type HeaderText = (received: string) => string | null;

/** The cookie of anonymous ids. */
const ID_COOKIE = 'cutover_id';
const ID_BYTES = 16;
const ID_FORM = /^[0-9a-f]{32}$/;
const ID_LIFE_S = 180 * 86_400;
const REPLACEMENT = '\uFFFD';
/** What may stand around a value on the wire. Other blanks are bytes of the key: where a character is a byte, `à` ends in one. */
const AROUND = /^[ \t]+|[ \t]+$/g;

type HeaderValues = Pick<Headers, 'get'>;

export interface StickyKey {
  /** Null: nobody can tell whose request it is. */
  readonly key: string | null;
  /** A cookie to set on the answer, or null. */
  readonly setCookie: string | null;
}

export function stickyKey(sticky: Sticky, headers: HeaderValues, textOf: HeaderText): StickyKey {
  if ('header' in sticky) return { key: clean(firstOf(headers.get(sticky.header)), textOf), setCookie: null };
  if ('cookie' in sticky) return { key: clean(cookieOf(headers, sticky.cookie), textOf), setCookie: null };
  const known = cookieOf(headers, ID_COOKIE);
  if (known !== null && ID_FORM.test(known)) return { key: known, setCookie: null };
  const key = newId();
  const setCookie = `${ID_COOKIE}=${key}; Path=/; Max-Age=${ID_LIFE_S}; HttpOnly; Secure; SameSite=Lax`;
  return { key, setCookie };
}

/** Names of the request headers that say who asks. */
export function personalHeaders(sticky: Sticky): readonly string[] {
  return 'header' in sticky ? ['cookie', sticky.header] : ['cookie'];
}

/** Runtimes that decode headers as UTF-8 (workerd) leave U+FFFD where the bytes were something else. */
export function decodedHeader(received: string): string | null {
  return received.includes(REPLACEMENT) ? null : received;
}

/** Runtimes that hand out one character a byte (Node). */
export function latin1Header(received: string): string | null {
  const bytes = Uint8Array.from(received, (char) => char.charCodeAt(0));
  try {
    return decodedHeader(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** A repeated header arrives joined by commas: the first counts. */
function firstOf(header: string | null): string | null {
  return header === null ? null : bare(header.split(',', 1)[0] ?? '');
}

/** The first cookie of that name, as it was sent. Repeated `cookie` headers arrive joined by commas. */
function cookieOf(headers: HeaderValues, name: string): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(/[;,]/)) {
    const at = pair.indexOf('=');
    if (at > 0 && bare(pair.slice(0, at)) === name) return bare(pair.slice(at + 1));
  }
  return null;
}

function bare(text: string): string {
  return text.replaceAll(AROUND, '');
}

function clean(key: string | null, textOf: HeaderText): string | null {
  return key === null || key === '' ? null : textOf(key);
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
