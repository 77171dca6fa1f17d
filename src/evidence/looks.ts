/**
 * Reads the evidence of a switch: documents `{ input, records }`, the input stored once under its own digest.
 * Invariant: what does not have that form is refused by name, never skipped: a pack with a hole must not verify.
 */
import type { GateRecord } from '../domain/gate-record.ts';
import { isRecord } from '../domain/is-record.ts';
import { LOOK_SCHEMA, type LookInput } from '../domain/look-input.ts';
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

/** A look that a version with other documents stored: this one can neither recompute it nor call it forged. */
export class OtherSchemaError extends Error {
  /** What was recorded of it. */
  readonly records: readonly GateRecord[];

  constructor(digest: string, schema: unknown, records: readonly GateRecord[]) {
    super(
      `evidence ${digest} is a look input of schema ${String(schema)}; this version judges schema ${LOOK_SCHEMA}: take the version that wrote it`,
    );
    this.name = 'OtherSchemaError';
    this.records = records;
  }
}

/**
 * The form in which a look is stored: what all looks of a switch share, and what was answered, by the digests of what is stored already.
 * @param baseline digest of its baseline; null when none was captured
 */
export function storedForm(input: LookInput, baseline: string | null): unknown {
  const { probes } = input;
  return {
    ...input,
    baseline: input.baseline === null ? null : baseline,
    probes: probes?.rounds === undefined ? probes : { ...probes, runs: null },
  };
}

/** The answers of one round as gates are given them: without the texts. */
export async function roundRuns(store: EvidenceReader, digest: string): Promise<ProbeRun[]> {
  const round = await store.get(digest);
  if (!Array.isArray(round)) throw new Error(`evidence ${digest} is not a round of answers`);
  return (round as ProbeRun[]).map(({ answer: _text, ...run }) => run);
}

/**
 * @throws Error when the document, or what it names, is missing or of another form
 * @throws OtherSchemaError when another version stored it
 */
export async function readLook(store: EvidenceReader, digest: string): Promise<StoredLook> {
  const document = await store.get(digest);
  if (!isRecord(document) || typeof document['input'] !== 'string' || !Array.isArray(document['records'])) {
    throw new Error(`evidence ${digest} is not a judged look { input, records }`);
  }
  const inputRef = document['input'];
  const records = document['records'] as GateRecord[];
  const input = await store.get(inputRef);
  if (!isRecord(input) || !Array.isArray(input['gates'])) {
    throw new Error(`evidence ${inputRef} is not a look input`);
  }
  if (input['schema'] !== LOOK_SCHEMA) throw new OtherSchemaError(inputRef, input['schema'], records);
  const baseline = typeof input['baseline'] === 'string' ? await store.get(input['baseline']) : null;
  const probes = isRecord(input['probes']) ? await withRuns(store, input['probes']) : null;
  return { digest, inputRef, input: { ...input, baseline, probes } as unknown as LookInput, records };
}

async function withRuns(store: EvidenceReader, probes: Record<string, unknown>): Promise<unknown> {
  const { runs, rounds } = probes;
  if (runs !== null || !Array.isArray(rounds)) return probes;
  const found = await Promise.all(rounds.map((digest) => roundRuns(store, String(digest))));
  return { ...probes, runs: found.flat() };
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
