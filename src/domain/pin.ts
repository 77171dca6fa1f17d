/**
 * Signed pins: the header by which our own traffic (probes, warm pings, priming, shadow replay) and named cohorts
 * are sent to a color: `v1;service=docs;color=green;kind=probe;exp=<epoch s>;sig=<base64url HMAC-SHA256>`.
 *
 * Invariant: nothing unsigned, expired, longer-lived than allowed or meant for another service ever moves a request.
 * The signature covers every byte before `;sig=`. The first secret signs, all of them verify.
 */
import { isColor, type Color } from './color.ts';

export const PIN_HEADER = 'x-cutover-pin';

/** How the user agent of our own requests begins; the kind of the pin follows. */
export const AGENT = 'cutover/';

/** What may ride on a pin: `user` is a named cohort or a forced color, the others are our own traffic. */
export type PinKind = 'user' | 'probe' | 'warm' | 'prime' | 'shadow';

/** How long a pin of our own traffic is signed for, ms: it is used at once, so this is room for clocks that differ. */
export const PIN_LIFE_MS = 300_000;
/** Longest time until expiry that the router accepts, ms: a pin that was overheard is soon worth nothing. */
export const LONGEST_PIN_LIFE_MS: Readonly<Record<PinKind, number>> = {
  user: 86_400_000,
  probe: 900_000,
  warm: 900_000,
  prime: 900_000,
  shadow: 900_000,
};

const COHORT = /^[A-Za-z0-9._-]{1,64}$/;
const FORM =
  /^(v1;service=([^;,\s]{1,256});(color|cohort)=([A-Za-z0-9._-]{1,64});kind=([a-z]{1,8});exp=(\d{1,12}));sig=([A-Za-z0-9_-]{43})$/;
const encoder = new TextEncoder();

/** A verified pin: a color or a cohort, never both. */
export interface Pin {
  readonly service: string;
  readonly color?: Color;
  readonly cohort?: string;
  readonly kind: PinKind;
  /** Epoch ms after which it means nothing. */
  readonly expMs: number;
}

/** Why a pin is refused. `too-long`: it would live longer than `LONGEST_PIN_LIFE_MS`, or its signer's clock is ahead. */
export type PinRefusal = 'malformed' | 'bad-signature' | 'other-service' | 'expired' | 'too-long';

export type PinVerdict =
  | { readonly ok: true; readonly pin: Pin }
  | { readonly ok: false; readonly why: PinRefusal };

/** The secrets of a comma-separated variable (`CUTOVER_PIN_SECRET`, `PIN_SECRETS`): current first, then next or old ones. */
export function pinSecrets(variable: string | undefined): readonly string[] {
  return (variable ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/**
 * @param secrets all that the variable holds; the first one signs.
 * @throws TypeError when not exactly one of color and cohort is given, a cohort name has other than `A-Za-z0-9._-`, or
 *   there is no secret.
 */
export async function signPin(pin: Pin, secrets: readonly string[]): Promise<string> {
  const [secret] = secrets;
  if (secret === undefined) throw new TypeError('there is no secret to sign a pin with');
  if ((pin.color === undefined) === (pin.cohort === undefined)) {
    throw new TypeError('a pin names a color or a cohort, exactly one of them');
  }
  if (pin.cohort !== undefined && !COHORT.test(pin.cohort)) {
    throw new TypeError(`cohort "${pin.cohort}": 1 to 64 characters of A-Z a-z 0-9 . _ -`);
  }
  const target = pin.color === undefined ? `cohort=${pin.cohort ?? ''}` : `color=${pin.color}`;
  const service = encodeURIComponent(pin.service);
  const text = `v1;service=${service};${target};kind=${pin.kind};exp=${Math.floor(pin.expMs / 1000)}`;
  const mac = await crypto.subtle.sign('HMAC', await hmacKey(secret), encoder.encode(text));
  return `${text};sig=${toBase64Url(new Uint8Array(mac))}`;
}

/** What a pin must be good for. */
export interface PinCheck {
  /** The service whose router asks. */
  readonly service: string;
  /** Every accepted secret: the current and, while rotating, the next. */
  readonly secrets: readonly string[];
  /** Epoch ms. */
  readonly nowMs: number;
}

export async function verifyPin(header: string, { service, secrets, nowMs }: PinCheck): Promise<PinVerdict> {
  const match = FORM.exec(header);
  const [, text, named, field, target, kind, exp, signature] = match ?? [];
  if (text === undefined || target === undefined || signature === undefined || !isKind(kind)) {
    return { ok: false, why: 'malformed' };
  }
  if (field === 'color' && !isColor(target)) return { ok: false, why: 'malformed' };
  if (!(await signedByAny(text, signature, secrets))) return { ok: false, why: 'bad-signature' };
  if (named !== encodeURIComponent(service)) return { ok: false, why: 'other-service' };
  const expMs = Number(exp) * 1000;
  if (nowMs >= expMs) return { ok: false, why: 'expired' };
  if (expMs - nowMs > LONGEST_PIN_LIFE_MS[kind]) return { ok: false, why: 'too-long' };
  const pin = { service, kind, expMs };
  return {
    ok: true,
    pin: isColor(target) && field === 'color' ? { ...pin, color: target } : { ...pin, cohort: target },
  };
}

async function signedByAny(text: string, signature: string, secrets: readonly string[]): Promise<boolean> {
  const bytes = encoder.encode(text);
  const mac = fromBase64Url(signature);
  for (const secret of secrets) {
    // subtle.verify compares in constant time.
    if (await crypto.subtle.verify('HMAC', await hmacKey(secret), mac, bytes)) return true;
  }
  return false;
}

function isKind(value: string | undefined): value is PinKind {
  return value !== undefined && Object.hasOwn(LONGEST_PIN_LIFE_MS, value);
}

/** Importing a key costs more than a signature; there are only ever one or two secrets. */
type HmacKey = Awaited<ReturnType<typeof importHmac>>;
const keys = new Map<string, HmacKey>();

async function hmacKey(secret: string): Promise<HmacKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = await importHmac(secret);
  keys.set(secret, key);
  return key;
}

function importHmac(secret: string) {
  return crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
