/**
 * Under which key a job is known, whichever queue it sits in and whichever language enqueued it.
 * Invariant: two jobs have one key only if all three parts are equal.
 */
import { concat } from '../domain/concat.ts';

/** What makes a job the same job. */
export interface JobIdentity {
  readonly sourceId: string;
  readonly revision: string;
  readonly indexHash: string;
}

/**
 * sha256, 64 lower-case hex digits, over the three parts one after another, each as its length in UTF-8 bytes (decimal), a colon and
 * its UTF-8 bytes: `5:doc-1` `2:12` `6:0x9a77`. The lengths keep (`doc-1`, `12`) and (`doc-11`, `2`) apart. Text is taken as it is,
 * without normalization. Vectors for other languages: `docs/idempotency-key.json`.
 */
export function idempotencyKey(job: JobIdentity): Promise<string> {
  const encoder = new TextEncoder();
  const parts = [job.sourceId, job.revision, job.indexHash].map((part) => encoder.encode(part));
  const framed = parts.flatMap((part) => [encoder.encode(`${part.length}:`), part]);
  return sha256Hex(concat(framed));
}

/**
 * The key that `idempotencyKey` gave before it told the parts apart: sha256 over the bare concatenation. Different jobs can share it.
 * @deprecated for ledgers that hold such keys; it goes with the next release.
 */
export function formerIdempotencyKey(job: JobIdentity): Promise<string> {
  return sha256Hex(new TextEncoder().encode(job.sourceId + job.revision + job.indexHash));
}

/**
 * Whether a done-ledger knows the job, under its key or (for one release) under the former one. A former key counts only if the
 * ledger names the same three parts with it: the key alone could be another job's.
 * @param lookup the ledger's entry under a key: the job's parts, as far as they are kept there, or null.
 * @returns the key it was done under, or null: not done yet.
 */
export async function doneUnder(
  job: JobIdentity,
  lookup: (key: string) => Promise<Partial<JobIdentity> | null>,
): Promise<string | null> {
  const key = await idempotencyKey(job);
  if ((await lookup(key)) !== null) return key;
  const former = await formerIdempotencyKey(job);
  const entry = await lookup(former);
  const isSame =
    entry !== null &&
    entry.sourceId === job.sourceId &&
    entry.revision === job.revision &&
    entry.indexHash === job.indexHash;
  return isSame ? former : null;
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
