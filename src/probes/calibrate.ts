/**
 * Finds the scale of an embedder on a corpus: where a question's own sections lie and where random ones lie. Without it 0.60 is unreachable inside one technical domain and the gate is blind.
 *
 * Invariant: deterministic for embedder and probe set; refuses rather than gives a scale that cannot tell
 * right from random.
 */
import type { Calibration } from '../domain/look-input.ts';
import type { Probe, ProbeSet, Section } from '../domain/probe.ts';
import { calibrationAnchors, isDiscriminating, meanDeltaS, separationAuc } from '../domain/probes/delta-s.ts';
import { seededRandom } from '../domain/probes/rounds.ts';
import type { TextWindow } from '../domain/probes/tokens.ts';
import { textWindows } from '../domain/probes/tokens.ts';
import type { Embedder } from './embed/embedder.ts';

/** Random other sections each question is measured against. */
const NEGATIVES = 20;
/** A section is represented by its first windows: what a retriever's first chunk of it holds. */
const SECTION_WINDOWS = 2;

export interface CalibrateOptions {
  /** Snippets the service delivers; only recorded. Default 5. */
  readonly k?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export type CalibrationResult =
  | { readonly ok: true; readonly calibration: Calibration }
  | {
      readonly ok: false;
      readonly reason: 'embedder_not_discriminating';
      /** What was measured, for the report. */
      readonly calibration: Calibration;
    };

/** A section's windows for calibration: of the target's spans when it has some, else its first ones. */
function windowsOf(
  section: Section,
  words: number,
  spans?: readonly (readonly [number, number])[],
): TextWindow[] {
  const text =
    spans === undefined || spans.length === 0
      ? section.text
      : spans.map(([a, b]) => section.text.slice(a, b)).join('\n');
  return textWindows(text, words).slice(0, SECTION_WINDOWS);
}

interface Pairing {
  readonly probe: Probe;
  readonly positive: TextWindow[];
  readonly negatives: TextWindow[][];
}

function pairings(set: ProbeSet, words: number): Pairing[] {
  const ids = [...set.sections.keys()].sort();
  const random = seededRandom(`calibrate/${set.corpusHash}`);
  return set.probes.flatMap((probe) => {
    if (!probe.answerable || probe.targets.length === 0) return [];
    const own = new Set(probe.targets.map((t) => t.section_id));
    const others = ids.filter((id) => !own.has(id));
    const picked = new Set<string>();
    const want = Math.min(NEGATIVES, others.length);
    while (picked.size < want) picked.add(others[Math.floor(random() * others.length)] ?? '');
    const windows = (id: string, spans?: readonly (readonly [number, number])[]): TextWindow[] => {
      const section = set.sections.get(id);
      return section === undefined ? [] : windowsOf(section, words, spans);
    };
    return {
      probe,
      positive: probe.targets.flatMap((t) => windows(t.section_id, t.spans)),
      negatives: [...picked].map((id) => windows(id)),
    };
  });
}

/** Every passage that `calibrate` embeds with windows of that many words, so that it can be cached ahead. */
export function calibrationTexts(set: ProbeSet, windowWords: number): string[] {
  const all = pairings(set, windowWords).flatMap((p) => [p.positive, ...p.negatives].flat());
  return [...new Set(all.map((w) => w.text))];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const mid = sorted.length >> 1;
  const high = sorted[mid] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[mid - 1] ?? Number.NaN)) / 2;
}

/**
 * Measures every paraphrase (what is really sent) against its own sections and against 20 random others.
 * @throws RangeError when the set has no answerable probe.
 */
export async function calibrate(
  set: ProbeSet,
  embedder: Embedder,
  options: CalibrateOptions = {},
): Promise<CalibrationResult> {
  const { signal, onProgress } = options;
  const plan = pairings(set, embedder.windowWords);
  if (plan.length === 0) throw new RangeError('a calibration needs answerable probes');
  const texts = calibrationTexts(set, embedder.windowWords);
  const vectors = new Map<string, Float32Array>();
  const total = texts.length + plan.length;
  const batch = 32;
  for (let from = 0; from < texts.length; from += batch) {
    const part = texts.slice(from, from + batch);
    const found = await embedder.embed(part, 'passage', signal);
    part.forEach((text, i) => {
      const vector = found[i];
      if (vector !== undefined) vectors.set(text, vector);
    });
    onProgress?.(Math.min(from + batch, texts.length), total);
  }
  const positives: number[] = [];
  const negatives: number[] = [];
  for (const [n, { probe, positive, negatives: others }] of plan.entries()) {
    for (const question of await embedder.embed(probe.paraphrases, 'query', signal)) {
      const distance = (windows: readonly TextWindow[]): number | null =>
        meanDeltaS(
          question,
          windows.flatMap((w) => {
            const vector = vectors.get(w.text);
            return vector === undefined ? [] : [{ vector, tokens: w.tokens }];
          }),
        );
      const own = distance(positive);
      if (own !== null) positives.push(own);
      negatives.push(...others.map(distance).filter((d) => d !== null));
    }
    onProgress?.(texts.length + n + 1, total);
  }
  const mPos = median(positives);
  const mNeg = median(negatives);
  const calibration: Calibration = {
    embedderId: embedder.id,
    corpusHash: set.corpusHash,
    goldHash: set.digest,
    k: options.k ?? 5,
    windowWords: embedder.windowWords,
    mPos,
    mNeg,
    auc: separationAuc(positives, negatives),
    ...calibrationAnchors(mPos, mNeg),
  };
  return isDiscriminating(calibration)
    ? { ok: true, calibration }
    : { ok: false, reason: 'embedder_not_discriminating', calibration };
}
