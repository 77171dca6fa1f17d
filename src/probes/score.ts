/**
 * Turns sent answers into scored runs: ΔS, its negative control, coverage, sections, violations.
 *
 * Invariant: nothing here talks to a service, so embedding never disturbs a latency; and a run without an
 * answer has null measures, never zeros.
 */
import type { Probe, ProbeRun, ProbeSet, Snippet } from '../domain/probe.ts';
import { isAsserted } from '../domain/probes/asserted.ts';
import { coverageOf } from '../domain/probes/coverage.ts';
import type { Vector, WeightedVector } from '../domain/probes/delta-s.ts';
import { meanDeltaS } from '../domain/probes/delta-s.ts';
import type { PlannedCell } from '../domain/probes/rounds.ts';
import { controlIndex } from '../domain/probes/rounds.ts';
import { redact } from '../domain/redact.ts';
import type { TextWindow } from '../domain/probes/tokens.ts';
import { textWindows } from '../domain/probes/tokens.ts';
import { assertionsOf } from './assertions.ts';
import { contractViolations } from './contract-codes.ts';
import type { Embedder, EmbedRole } from './embed/embedder.ts';
import type { SentAnswer } from './sender.ts';

/** A sent answer with its place in the plan. */
export type SentCell = Omit<SentAnswer, 'cell'> & { readonly cell: PlannedCell };

/** What `scoreRun` needs of the embedder's work. */
export interface RunVectors {
  readonly question: Vector;
  readonly own: readonly WeightedVector[];
  /** Windows of the negative control's delivered text; empty when it has none. */
  readonly control: readonly WeightedVector[];
}

/** A snippet's text: its own, else cut from our copy of its section. */
function snippetText(snippet: Snippet, set: ProbeSet): string {
  if (snippet.text !== undefined) return snippet.text;
  const { offsets } = snippet;
  if (offsets?.unit !== 'char') return '';
  return set.sections.get(snippet.section_id)?.text.slice(offsets.start, offsets.end) ?? '';
}

/** The assembled context of an answer, cut into windows an embedder can read to the end. */
function deliveredWindows(
  sent: Pick<SentAnswer, 'answer'>,
  set: ProbeSet,
  windowWords: number,
): TextWindow[] {
  return (sent.answer?.retrieved ?? []).flatMap((snippet) =>
    textWindows(snippetText(snippet, set), windowWords),
  );
}

/** Characters of an answer that are kept. */
const ANSWER_CHARS = 2000;

/** Scores one run. Pure. */
function scoreRun(sent: SentCell, probe: Probe, set: ProbeSet, vectors: RunVectors | null): ProbeRun {
  const { answer, cell, error } = sent;
  const place = { ...cell, color: sent.color, sentAtMs: sent.sentAtMs };
  if (error !== null || answer === null) {
    return {
      ...place,
      error: error ?? 'schema:not_an_object',
      violations: [],
      answerClass: 'empty',
      sectionIds: [],
      sectionsFrom: 'retrieved',
      deltaS: null,
      deltaSControl: null,
      coverage: null,
      identity: {},
      cold: sent.cold,
      latencyMs: null,
    };
  }
  const covered = coverageOf(probe.targets, answer.retrieved, set.sections);
  const cited = (answer.citations?.length ?? 0) > 0;
  const ids = cited
    ? (answer.citations ?? [])
    : answer.retrieved.map((s) => s.section_id).filter((id) => id !== '');
  return {
    ...place,
    error: null,
    violations: [...sent.schemaViolations, ...contractViolations(answer, set, covered)],
    answerClass: answer.answerClass,
    ...(isAsserted(probe) && answer.answer !== null
      ? { unmet: assertionsOf(probe, probe.id)(answer.answer) }
      : {}),
    sectionIds: [...new Set(ids)],
    sectionsFrom: cited ? 'cited' : 'retrieved',
    deltaS: vectors === null ? null : meanDeltaS(vectors.question, vectors.own),
    deltaSControl: vectors === null ? null : meanDeltaS(vectors.question, vectors.control),
    coverage: probe.answerable ? covered.coverage : null,
    identity: answer.identity,
    cold: sent.cold,
    latencyMs: sent.latencyMs,
    // A service may quote what it was asked with, headers too; a secret may lie across the end.
    ...(answer.answer === null
      ? {}
      : { answer: redact(answer.answer.slice(0, 2 * ANSWER_CHARS)).slice(0, ANSWER_CHARS) }),
  };
}

export interface ScoreOptions {
  readonly set: ProbeSet;
  readonly embedder: Embedder;
  readonly signal?: AbortSignal;
  readonly onEmbedded?: (done: number, total: number) => void;
}

/** Texts handed to the embedder in one call. */
const BATCH = 16;

async function embedAll(
  texts: ReadonlySet<string>,
  role: EmbedRole,
  options: ScoreOptions,
): Promise<Map<string, Vector>> {
  const all = [...texts];
  const out = new Map<string, Vector>();
  for (let from = 0; from < all.length; from += BATCH) {
    const part = all.slice(from, from + BATCH);
    const vectors = await options.embedder.embed(part, role, options.signal);
    part.forEach((text, i) => {
      const vector = vectors[i];
      if (vector !== undefined) out.set(text, vector);
    });
    options.onEmbedded?.(Math.min(from + BATCH, all.length), all.length);
  }
  return out;
}

/**
 * Scores the answers of one round (or of any part of a grid); the negative control of a question is the delivered text of
 * the 17th question after it, in the same round and color, or of the next one that has an answer.
 * @throws EmbedderError when the judge's embedder fails; RangeError when a probe is not in the set.
 */
export async function scoreRuns(sent: readonly SentCell[], options: ScoreOptions): Promise<ProbeRun[]> {
  const { set, embedder } = options;
  const probes = new Map(set.probes.map((probe) => [probe.id, probe]));
  const probeOf = (id: string): Probe => {
    const probe = probes.get(id);
    if (probe === undefined) throw new RangeError(`probe ${id} is not in the set`);
    return probe;
  };
  const windows = new Map(sent.map((s) => [s, deliveredWindows(s, set, embedder.windowWords)]));
  const questionOf = ({ cell }: SentCell): string => {
    const probe = probeOf(cell.probeId);
    return probe.paraphrases[cell.paraphrase] ?? probe.question;
  };
  const passages = await embedAll(
    new Set([...windows.values()].flat().map((w) => w.text)),
    'passage',
    options,
  );
  const questions = await embedAll(new Set(sent.map(questionOf)), 'query', options);
  const weighted = (of: SentCell | undefined): WeightedVector[] =>
    (of === undefined ? [] : (windows.get(of) ?? [])).flatMap((w) => {
      const vector = passages.get(w.text);
      return vector === undefined ? [] : [{ vector, tokens: w.tokens }];
    });

  const place = (s: SentCell, probeId: string): string => `${s.color}/${s.cell.round}/${probeId}`;
  const byPlace = new Map(sent.map((s) => [place(s, s.cell.probeId), s]));
  const order = set.probes.map((probe) => probe.id);
  const rank = new Map(order.map((id, i) => [id, i]));
  const control = (s: SentCell): SentCell | undefined => {
    const own = rank.get(s.cell.probeId) ?? 0;
    const first = controlIndex(own, order.length);
    if (first === null) return undefined;
    for (let step = 0; step < order.length; step += 1) {
      const at = (first + step) % order.length;
      const found = at === own ? undefined : byPlace.get(place(s, order[at] ?? ''));
      if (found !== undefined && (windows.get(found)?.length ?? 0) > 0) return found;
    }
    return undefined;
  };
  return sent.map((s) => {
    const question = questions.get(questionOf(s));
    const vectors =
      question === undefined ? null : { question, own: weighted(s), control: weighted(control(s)) };
    return scoreRun(s, probeOf(s.cell.probeId), set, vectors);
  });
}
