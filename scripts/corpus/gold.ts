/**
 * Reads the demo gold set and measures a build of the sample retriever against it.
 *
 * Small on purpose and separate from `src/`: the gold set is curated and linted with its own
 * reading of coverage and lambda, so that a mistake in the product's copy cannot hide itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buildIndex, evidence, extractiveAnswer, search } from '../../examples/docs-rag/service/retriever.ts';
import type { IndexOptions, Section } from '../../examples/docs-rag/service/retriever.ts';
import type { Probe as AnyProbe } from '../../src/domain/probe.ts';
import { isStopword, porter, words } from '../../examples/docs-rag/service/analyzer.ts';

/** One gold question, a line of `probes.jsonl`. */
export type Probe = AnyProbe & Required<Pick<AnyProbe, 'reviewed_by' | 'tags'>>;

/** Lambda states of a question over its run grid. */
export type Lambda = 'convergent' | 'divergent' | 'split' | 'chaotic';

/** What one question did on one build. */
export interface QuestionResult {
  readonly probe: Probe;
  readonly coverage: number;
  readonly worst: number;
  readonly lambda: Lambda;
  readonly refusals: number;
  readonly evidences: readonly number[];
}

const ROOT = new URL('../../examples/docs-rag/', import.meta.url);

/** Absolute path of a file of the demo. */
export function demoFile(path: string): URL {
  return new URL(path, ROOT);
}

/** Parses a JSONL file of the demo. */
export function readJsonl<T>(path: string): T[] {
  const lines = readFileSync(demoFile(path), 'utf8').split('\n');
  return lines.filter((l) => l !== '').map((l): T => JSON.parse(l));
}

/** SHA-256 of a file of the demo. */
export function fileHash(path: string): string {
  return createHash('sha256')
    .update(readFileSync(demoFile(path)))
    .digest('hex');
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Character ranges of the word tokens of a text, in cutover's own reading of a token. */
export function tokenRanges(text: string): [number, number][] {
  const out: [number, number][] = [];
  for (const s of segmenter.segment(text)) {
    if (s.isWordLike === true) out.push([s.index, s.index + s.segment.length]);
  }
  return out;
}

/** Distinct stems of the words that carry meaning; what the overlap rule compares. */
export function contentStems(text: string): Set<string> {
  const out = new Set<string>();
  for (const w of words(text)) if (!isStopword(w.term)) out.add(porter(w.term));
  return out;
}

/** Share of a paraphrase's content words that stand in the target's first 60 words. */
export function overlap(paraphrase: string, sectionText: string): number {
  const head = contentStems(sectionText.split(/\s+/).slice(0, 60).join(' '));
  const asked = contentStems(paraphrase);
  return [...asked].filter((s) => head.has(s)).length / Math.max(1, asked.size);
}

/** The target tokens of one target: those of its spans, or of the whole section. */
export function targetTokens(target: Probe['targets'][number], text: string): [number, number][] {
  const all = tokenRanges(text);
  const { spans } = target;
  return spans === undefined ? all : all.filter(([a, b]) => spans.some(([from, to]) => a >= from && b <= to));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((x) => b.has(x)).length;
  const any = a.size + b.size - both;
  return any === 0 ? 1 : both / any;
}

interface Run {
  readonly paraphrase: number;
  readonly seed: number;
  readonly cited: ReadonlySet<string>;
  readonly refusal: boolean;
}

/** The state of one question from the sections its runs cited. */
export function lambda(runs: readonly Run[], targets: readonly string[], answerable: boolean): Lambda {
  if (!answerable) return runs.filter((r) => r.refusal).length >= 5 ? 'convergent' : 'split';
  const live = runs.filter((r) => !r.refusal && r.cited.size > 0);
  const seen = new Map<string, number>();
  for (const r of live) for (const s of r.cited) seen.set(s, (seen.get(s) ?? 0) + 1);
  const need = Math.ceil((2 / 3) * live.length);
  const consensus = new Set(live.length < 3 ? [] : [...seen].filter(([, n]) => n >= need).map(([s]) => s));

  const pairs = live.flatMap((a, i) => live.slice(i + 1).map((b) => jaccard(a.cited, b.cited)));
  const mean = pairs.length === 0 ? 1 : pairs.reduce((x, y) => x + y, 0) / pairs.length;
  if (consensus.size === 0 && mean < 0.2) return 'chaotic';
  if (runs.length - live.length >= 2) return 'divergent';
  if (consensus.size > 0 && !targets.some((t) => consensus.has(t))) return 'divergent';

  const ok = runs.map((r) => !r.refusal && jaccard(r.cited, consensus) >= 0.5);
  const off = new Set(runs.filter((_, i) => ok[i] !== true).map((r) => r.paraphrase));
  const seedsFine = [1, 2].every((seed) => {
    const mine = runs.map((r, i) => ({ r, fine: ok[i] === true })).filter((x) => x.r.seed === seed);
    return mine.filter((x) => x.fine).length >= (2 / 3) * mine.length;
  });
  const aligned = ok.filter(Boolean).length;
  return aligned >= (5 / 6) * runs.length && seedsFine && off.size <= 1 ? 'convergent' : 'split';
}

/** Sends every probe's grid (3 paraphrases × 2 seeds) to one build. */
export function measure(
  sections: readonly Section[],
  options: IndexOptions,
  probes: readonly Probe[],
  goldSections: readonly Section[],
): QuestionResult[] {
  const index = buildIndex(sections, options);
  const text = new Map(goldSections.map((s) => [s.section_id, s.text]));
  return probes.map((probe) => {
    const wanted = probe.targets.map((t) => ({
      id: t.section_id,
      tokens: targetTokens(t, text.get(t.section_id) ?? ''),
    }));
    const total = wanted.reduce((n, t) => n + t.tokens.length, 0);
    const runs: Run[] = [];
    const coverages: number[] = [];
    const evidences: number[] = [];
    for (const [paraphrase, question] of probe.paraphrases.entries()) {
      for (const seed of [1, 2]) {
        const hits = search(index, question, 5, { seed });
        const answer = extractiveAnswer(question, hits);
        runs.push({ paraphrase, seed, cited: new Set(answer.citations), refusal: answer.refusal });
        evidences.push(evidence(question, hits));
        let found = 0;
        for (const t of wanted) {
          const mine = hits.filter((h) => h.section_id === t.id).map((h) => h.offsets);
          found += t.tokens.filter(([a, b]) => mine.some((o) => a >= o.start && b <= o.end)).length;
        }
        coverages.push(total === 0 ? 0 : found / total);
      }
    }
    return {
      probe,
      coverage: coverages.reduce((x, y) => x + y, 0) / coverages.length,
      worst: Math.min(...coverages),
      lambda: lambda(
        runs,
        probe.targets.map((t) => t.section_id),
        probe.answerable,
      ),
      refusals: runs.filter((r) => r.refusal).length,
      evidences,
    };
  });
}

/** Batch figures of one build. */
export interface Summary {
  readonly meanCoverage: number;
  readonly share70: number;
  readonly worstTopic: number;
  readonly convergent: number;
  readonly divergent: number;
  readonly split: number;
  readonly chaotic: number;
  readonly falseRefusals: number;
  readonly trueRefusals: number;
}

/** Folds question results into the figures the gates look at. */
export function summarize(results: readonly QuestionResult[]): Summary {
  const answerable = results.filter((r) => r.probe.answerable);
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / Math.max(1, xs.length);
  const share = (state: Lambda): number => results.filter((r) => r.lambda === state).length / results.length;
  const topics = [...new Set(answerable.map((r) => r.probe.topic))];
  const big = topics.map((t) => answerable.filter((r) => r.probe.topic === t)).filter((rs) => rs.length >= 5);
  return {
    meanCoverage: mean(answerable.map((r) => r.coverage)),
    share70: answerable.filter((r) => r.coverage >= 0.7).length / Math.max(1, answerable.length),
    worstTopic: Math.min(...big.map((rs) => mean(rs.map((r) => r.coverage)))),
    convergent: share('convergent'),
    divergent: share('divergent'),
    split: share('split'),
    chaotic: share('chaotic'),
    falseRefusals: answerable.filter((r) => r.refusals > 0).length,
    trueRefusals: results.filter((r) => !r.probe.answerable && r.refusals >= 5).length,
  };
}
