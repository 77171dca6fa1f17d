/**
 * Content addresses.
 * Invariant: the digest is taken over the canonical JSON text, so the same evidence has the same address
 * whichever worker, language or key order produced it.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';

/** sha256 of UTF-8 text, 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** @throws TypeError when `value` is not JSON. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}
