/**
 * Signed pins: the header by which our own traffic (probes, warm pings, priming, shadow replay) and named cohorts
 * are sent to a color: `v1;color=green;kind=probe;exp=<epoch s>;sig=<base64url HMAC-SHA256>`.
 *
 * Invariant: nothing unsigned or expired ever moves a request. The signature covers every byte before `;sig=`.
 */
import { isColor, type Color } from './color.ts';
import type { RequestKind } from './request-line.ts';

export const PIN_HEADER = 'x-cutover-pin';
const KINDS: readonly string[] = ['user', 'probe', 'warm', 'prime', 'shadow'] satisfies RequestKind[];
const COHORT = /^[A-Za-z0-9._-]{1,64}$/;
const FORM =
  /^(v1;(color|cohort)=([A-Za-z0-9._-]{1,64});kind=([a-z]{1,8});exp=(\d{1,12}));sig=([A-Za-z0-9_-]{43})$/;
const encoder = new TextEncoder();

/** A verified pin: a color or a cohort, never both. */
export interface Pin {
  readonly color?: Color;
  readonly cohort?: string;
  readonly kind: RequestKind;
  /** Epoch ms after which it means nothing. */
  readonly expMs: number;
}

export type PinVerdict =
  | { readonly ok: true; readonly pin: Pin }
  | { readonly ok: false; readonly why: 'malformed' | 'expired' | 'bad-signature' };

/** @throws TypeError when not exactly one of color and cohort is given, or a cohort name has other than `A-Za-z0-9._-`. */
export async function signPin(pin: Pin, secret: string): Promise<string> {
  if ((pin.color === undefined) === (pin.cohort === undefined)) {
    throw new TypeError('a pin names a color or a cohort, exactly one of them');
  }
  if (pin.cohort !== undefined && !COHORT.test(pin.cohort)) {
    throw new TypeError(`cohort "${pin.cohort}": 1 to 64 characters of A-Z a-z 0-9 . _ -`);
  }
  const target = pin.color === undefined ? `cohort=${pin.cohort ?? ''}` : `color=${pin.color}`;
  const text = `v1;${target};kind=${pin.kind};exp=${Math.floor(pin.expMs / 1000)}`;
  const mac = await crypto.subtle.sign('HMAC', await hmacKey(secret), encoder.encode(text));
  return `${text};sig=${toBase64Url(new Uint8Array(mac))}`;
}

/** @param secrets every accepted secret: the current and, while rotating, the next. */
export async function verifyPin(
  header: string,
  secrets: readonly string[],
  nowMs: number,
): Promise<PinVerdict> {
  const match = FORM.exec(header);
  const [, text, field, target, kind, exp, signature] = match ?? [];
  if (text === undefined || target === undefined || signature === undefined || !isKind(kind)) {
    return { ok: false, why: 'malformed' };
  }
  if (field === 'color' && !isColor(target)) return { ok: false, why: 'malformed' };
  if (!(await signedByAny(text, signature, secrets))) return { ok: false, why: 'bad-signature' };
  const expMs = Number(exp) * 1000;
  if (nowMs >= expMs) return { ok: false, why: 'expired' };
  return {
    ok: true,
    pin:
      isColor(target) && field === 'color' ? { color: target, kind, expMs } : { cohort: target, kind, expMs },
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

function isKind(value: string | undefined): value is RequestKind {
  return value !== undefined && KINDS.includes(value);
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
