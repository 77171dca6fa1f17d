/**
 * Content addresses.
 * Invariant: taken over canonical JSON text (`canonicalJson`), so the same evidence has the same address
 * whichever worker, language or key order produced it.
 */
import { createHash } from 'node:crypto';

/** sha256 of UTF-8 text, 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
