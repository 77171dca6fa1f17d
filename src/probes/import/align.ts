/**
 * Finds the sections that hold a text which a data set calls the context of a question.
 *
 * Invariant: a place is found by the text itself or not at all; a text that is no section by itself and stands in two is given to neither.
 */
import { foldWords } from '../../domain/fold-text.ts';
import type { ProbeTarget, Section } from '../../domain/probe.ts';
import { locate } from '../../domain/probes/align.ts';
import { wordTokens } from '../../domain/probes/tokens.ts';
import type { Gap } from './draft.ts';
import { sentenceOf } from './sentence.ts';

const SHINGLE = 5;
/** Sections looked at closely for one text. */
const CANDIDATES = 4;
/** Share of a section's shingles in the text from which the text holds the whole section. */
const WHOLE = 0.8;
/** Words between two located pieces that still make one span. */
const JOIN_CHARS = 40;
/** Sections that hold the same five words, from which on these tell nothing. */
const COMMON = 200;
/** Words of an answer that make its place certain. */
const MIN_ANSWER_WORDS = 3;

export interface Aligner {
  /**
   * Targets for the texts that were found and a gap for each that was not.
   * @param answer in the words of a context: the sentences that hold it are the span
   */
  align(contexts: readonly string[], answer?: string | null): { targets: ProbeTarget[]; gaps: Gap[] };
}

export function createAligner(sections: readonly Section[]): Aligner {
  const whole = new Map<string, Section[]>();
  const shingles = new Map<string, number[]>();
  for (const [index, section] of sections.entries()) {
    const words = foldWords(section.text);
    const same = whole.get(words);
    if (same === undefined) whole.set(words, [section]);
    else same.push(section);
    for (const one of shinglesOf(section.text)) {
      const holders = shingles.get(one);
      if (holders === undefined) shingles.set(one, [index]);
      // What stands nearly everywhere tells nothing, and would make the search square.
      else if (holders.length <= COMMON) holders.push(index);
    }
  }

  /** Sections that share the most with a text, with the share of their own words that it holds. */
  function candidates(context: string): { section: Section; count: number; share: number }[] {
    const asked = shinglesOf(context);
    const counts = new Map<number, number>();
    let common: readonly number[] | null = null;
    for (const one of asked) {
      const holders = shingles.get(one) ?? [];
      if (holders.length > COMMON) {
        common ??= holders;
        continue;
      }
      for (const index of holders) counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    if (counts.size === 0) for (const index of common?.slice(0, CANDIDATES) ?? []) counts.set(index, 1);
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CANDIDATES);
    return ranked.flatMap(([index]) => {
      const section = sections[index];
      if (section === undefined) return [];
      const own = shinglesOf(section.text);
      const count = [...own].filter((one) => asked.has(one)).length;
      return [{ section, count, share: count / own.size }];
    });
  }

  function find(context: string): ProbeTarget | Gap {
    const same = whole.get(foldWords(context)) ?? [];
    const [only] = same;
    if (only !== undefined && same.length === 1) return { section_id: only.section_id };
    const quoted = `"${context.replaceAll(/\s+/gu, ' ').trim().slice(0, 60)}…"`;
    if (only !== undefined) return ambiguous(quoted, same);
    const found = candidates(context).flatMap(({ section, count, share }) => {
      const spans = joined(locate(section.text, context));
      if (spans.length > 0) return [{ section, spans, count }];
      return share >= WHOLE ? [{ section, spans: [], count }] : [];
    });
    found.sort((a, b) => b.count - a.count);
    const [best, second] = found;
    if (best === undefined) {
      const message = `the context ${quoted} stands in no section: name the section that holds the answer`;
      return { code: 'context_not_found', message };
    }
    if (second !== undefined && second.count === best.count) {
      const equal = found.filter(({ count }) => count === best.count);
      return ambiguous(
        quoted,
        equal.map(({ section }) => section),
      );
    }
    const { section, spans } = best;
    return { section_id: section.section_id, ...(spans.length === 0 ? {} : { spans }) };
  }

  const texts = new Map(sections.map((section) => [section.section_id, section.text]));
  /** The sentences that hold the answer, when they are a part of what was found. */
  function narrowed(target: ProbeTarget, answer: string): ProbeTarget {
    const text = texts.get(target.section_id) ?? '';
    const span = sentenceOf(text, answer);
    const [start, end] = span ?? [0, 0];
    const isPart = span !== null && (start > 0 || end < text.length);
    const isInside = (target.spans ?? [[0, text.length]]).some(([from, to]) => from <= start && end <= to);
    return isPart && isInside ? { ...target, spans: [[start, end]] } : target;
  }

  return {
    align(contexts, answer = null) {
      const targets = new Map<string, ProbeTarget>();
      const gaps: Gap[] = [];
      const isTelling = answer !== null && wordTokens(answer).length >= MIN_ANSWER_WORDS;
      for (const context of contexts) {
        const result = find(context);
        if ('code' in result) gaps.push(result);
        else {
          const target = isTelling ? narrowed(result, answer) : result;
          targets.set(result.section_id, merged(targets.get(result.section_id), target));
        }
      }
      return { targets: [...targets.values()], gaps };
    },
  };
}

function ambiguous(quoted: string, found: readonly Section[]): Gap {
  const ids = found.slice(0, 10).map(({ section_id: id }) => id);
  const message = `the context ${quoted} stands in ${ids.join(' and ')}: name the right one as target`;
  return { code: 'context_ambiguous', message };
}

/** A text of fewer words is one shingle of its own. Words by the segmenter, since not every script puts spaces between them. */
function shinglesOf(text: string): Set<string> {
  const folded = foldWords(text);
  const words = wordTokens(folded).map(({ start, end }) => folded.slice(start, end));
  const all = new Set<string>();
  for (let i = 0; i + SHINGLE <= words.length; i += 1) all.add(words.slice(i, i + SHINGLE).join(' '));
  return all.size > 0 ? all : new Set([words.join(' ')]);
}

function joined(spans: readonly { readonly start: number; readonly end: number }[]): [number, number][] {
  const out: [number, number][] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && start - last[1] <= JOIN_CHARS) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}

/** Two contexts of one section: both spans, or the whole section if either is. */
function merged(known: ProbeTarget | undefined, next: ProbeTarget): ProbeTarget {
  if (known === undefined) return next;
  if (known.spans === undefined || next.spans === undefined) return { section_id: next.section_id };
  const spans = [...known.spans, ...next.spans].map(([start, end]) => ({ start, end }));
  return { section_id: next.section_id, spans: joined(spans) };
}
