/**
 * Reads the evidence of a switch: documents `{ input, records }`, the input stored once under its own digest.
 * Invariant: what does not have that form is refused by name, never skipped: a pack with a hole must not verify.
 */
import type { GateRecord } from '../domain/gate-record.ts';
import { isRecord } from '../domain/is-record.ts';
import type { LookInput } from '../domain/look-input.ts';
import type { ProbeRun } from '../domain/probe.ts';
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

/** The input with the text of each answer, as far as the store still has it: for people, no gate is given it. */
export async function withAnswers(store: EvidenceReader, input: LookInput): Promise<LookInput> {
  const { probes } = input;
  if (probes === null) return input;
  const rounds = await Promise.all(
    (probes.rounds ?? []).map(async (digest) => {
      const round = await store.get(digest).catch(() => []);
      return Array.isArray(round) ? (round as ProbeRun[]) : [];
    }),
  );
  const texts = new Map(rounds.flat().map((run) => [placeOf(run), run.answer]));
  const runs = probes.runs.map((run): ProbeRun => {
    const answer = texts.get(placeOf(run));
    return typeof answer === 'string' ? { ...run, answer } : run;
  });
  return { ...input, probes: { ...probes, runs } };
}

function placeOf({ color, probeId, paraphrase, seed, round, rerun }: ProbeRun): string {
  return JSON.stringify([color, probeId, paraphrase, seed, round, rerun ?? false]);
}
