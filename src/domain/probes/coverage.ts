/**
 * Coverage: the share of the target's word tokens that the delivered top-k holds.
 *
 * Invariant: a token counts once however many snippets hold it, and the denominator is fixed by the probe
 * and our copy of the section alone, so two colors are always measured against the same thing.
 */
import type { ProbeTarget, Section, Snippet } from '../probe.ts';
import { locate } from './align.ts';
import type { Span } from './tokens.ts';
import { wordTokens } from './tokens.ts';

export interface CoverageResult {
  /** 0 to 1; null when the probe names no target. */
  readonly coverage: number | null;
  readonly targetTokens: number;
  /** Snippets of a known section that have no offsets and whose text could not be found in it. */
  readonly alignmentMisses: readonly string[];
  /** Snippets whose offsets lie outside of their section. */
  readonly badOffsets: readonly string[];
}

/** Character ranges of `section` that a snippet claims or shows; null when its offsets are nonsense. */
export function snippetSpans(section: Section, snippet: Snippet): Span[] | null {
  const offsets = snippet.offsets;
  if (offsets === undefined) return snippet.text === undefined ? [] : locate(section.text, snippet.text);
  const { start, end, unit } = offsets;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start) return null;
  if (unit === 'char') return end <= section.text.length ? [{ start, end }] : null;
  const tokens = wordTokens(section.text);
  const first = tokens[start];
  const last = tokens[end - 1];
  return first === undefined || last === undefined ? null : [{ start: first.start, end: last.end }];
}

/** A token is held when at least half of its characters are: chunkers cut inside `foreign_keys`, we do not. */
function held(token: Span, spans: readonly Span[]): boolean {
  let inside = 0;
  for (const span of spans) {
    inside += Math.max(0, Math.min(token.end, span.end) - Math.max(token.start, span.start));
  }
  return inside * 2 >= token.end - token.start;
}

/** Sorted, non-overlapping union. */
export function unionSpans(spans: readonly Span[]): Span[] {
  const out: { start: number; end: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else out.push({ ...span });
  }
  return out;
}

/** The word tokens of a target: those of its spans, else of the whole section. */
export function targetTokens(section: Section, target: ProbeTarget): readonly Span[] {
  const tokens = wordTokens(section.text);
  if (target.spans === undefined || target.spans.length === 0) return tokens;
  const wanted = unionSpans(target.spans.map(([start, end]) => ({ start, end })));
  return tokens.filter((token) => held(token, wanted));
}

/**
 * |(∪ delivered) ∩ (∪ target)| / |∪ target| in word tokens, summed over all targets, each times its `weight`
 * (default 1). `snippets` is the top-k in the order it was delivered; a snippet of a section that is no target adds nothing.
 * @throws RangeError when a target names a section that is not in `sections` (a checked probe set has none).
 */
export function coverageOf(
  targets: readonly ProbeTarget[],
  snippets: readonly Snippet[],
  sections: ReadonlyMap<string, Section>,
): CoverageResult {
  const delivered = new Map<string, Span[]>();
  const alignmentMisses: string[] = [];
  const badOffsets: string[] = [];
  for (const snippet of snippets) {
    const section = sections.get(snippet.section_id);
    if (section === undefined) continue;
    let spans = snippetSpans(section, snippet);
    if (spans === null) {
      badOffsets.push(snippet.snippet_id);
      spans = snippet.text === undefined ? [] : locate(section.text, snippet.text);
    } else if (spans.length === 0 && snippet.text !== undefined) {
      alignmentMisses.push(snippet.snippet_id);
    }
    delivered.set(section.section_id, [...(delivered.get(section.section_id) ?? []), ...spans]);
  }
  let wanted = 0;
  let found = 0;
  let plain = 0;
  for (const target of targets) {
    const section = sections.get(target.section_id);
    if (section === undefined)
      throw new RangeError(`target section ${target.section_id} is not in the probe set`);
    const tokens = targetTokens(section, target);
    const spans = unionSpans(delivered.get(target.section_id) ?? []);
    const weight = target.weight ?? 1;
    plain += tokens.length;
    wanted += weight * tokens.length;
    found += weight * tokens.filter((token) => held(token, spans)).length;
  }
  return { coverage: wanted === 0 ? null : found / wanted, targetTokens: plain, alignmentMisses, badOffsets };
}
