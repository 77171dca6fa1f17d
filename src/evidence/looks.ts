/**
 * Reads the evidence of a switch: documents `{ input, records }`, the input stored once under its own digest.
 * Invariant: what does not have that form is refused by name, never skipped: a pack with a hole must not verify.
 */
import type { GateRecord } from '../domain/gate-record.ts';
import { isRecord } from '../domain/is-record.ts';
import type { LookInput } from '../domain/look-input.ts';
import type { EvidencePort } from '../ports/index.ts';

/** All that is asked of a store; it should check digests itself. */
export type EvidenceReader = Pick<EvidencePort, 'get'>;

/** One judged look as `watchGates` stored it. */
export interface StoredLook {
  /** Digest of the document. */
  readonly digest: string;
  /** Digest of the `LookInput`. */
  readonly inputRef: string;
  readonly input: LookInput;
  readonly records: readonly GateRecord[];
}

/** @throws Error when the document, or the input it names, is missing or of another form. */
export async function readLook(store: EvidenceReader, digest: string): Promise<StoredLook> {
  const document = await store.get(digest);
  if (!isRecord(document) || typeof document['input'] !== 'string' || !Array.isArray(document['records'])) {
    throw new Error(`evidence ${digest} is not a judged look { input, records }`);
  }
  const inputRef = document['input'];
  const input = await store.get(inputRef);
  if (!isRecord(input) || input['schema'] !== 1 || !Array.isArray(input['gates'])) {
    throw new Error(`evidence ${inputRef} is not a look input of schema 1`);
  }
  return {
    digest,
    inputRef,
    input: input as unknown as LookInput,
    records: document['records'] as GateRecord[],
  };
}
