/**
 * Finds the sections that hold a text which a data set calls the context of a question.
 *
 * Invariant: a place is found by the text itself or not at all; a text that stands in two sections is given to neither.
 */
import type { ProbeTarget, Section } from '../domain/probe.ts';
import { locate } from '../domain/probes/align.ts';
import { wordTokens } from '../domain/probes/tokens.ts';
import { plain, type Gap } from './import-draft.ts';

const SHINGLE = 5;
/** Sections looked at closely for one text. */
const CANDIDATES = 4;
/** Share of a section's shingles in the text from which the text holds the whole section. */
const WHOLE = 0.8;
/** Words between two located pieces that still make one span. */
const JOIN_CHARS = 40;

export interface Aligner {
  /** Targets for the texts that were found and a gap for each that was not. */
  align(contexts: readonly string[]): { targets: ProbeTarget[]; gaps: Gap[] };
}

export function createAligner(sections: readonly Section[]): Aligner {
  const shingles = new Map<string, Set<number>>();
  const sizes = sections.map((section, index) => {
    const all = shinglesOf(section.text);
    for (const one of all) {
      const holders = shingles.get(one) ?? new Set();
      shingles.set(one, holders.add(index));
    }
    return all.size;
  });

  function find(context: string): ProbeTarget | Gap {
    const counts = new Map<number, number>();
    for (const one of shinglesOf(context)) {
      for (const index of shingles.get(one) ?? []) counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CANDIDATES);
    const found = ranked.flatMap(([index, count]) => {
      const section = sections[index];
      if (section === undefined) return [];
      const spans = joined(locate(section.text, context));
      if (spans.length > 0) return [{ section, spans, count }];
      return count >= WHOLE * (sizes[index] ?? Infinity) ? [{ section, spans: [], count }] : [];
    });
    const [best, second] = found;
    const quoted = `"${context.replaceAll(/\s+/g, ' ').trim().slice(0, 60)}…"`;
    if (best === undefined) {
      const message = `the context ${quoted} stands in no section: name the section that holds the answer`;
      return { code: 'context_not_found', message };
    }
    if (second !== undefined && second.count === best.count) {
      const ids = found.filter(({ count }) => count === best.count).map(({ section }) => section.section_id);
      const message = `the context ${quoted} stands in ${ids.join(' and ')}: name the right one as target`;
      return { code: 'context_ambiguous', message };
    }
    const { section, spans } = best;
    const isWhole = spans.length === 0 || plain(section.text) === plain(context);
    return { section_id: section.section_id, ...(isWhole ? {} : { spans }) };
  }

  return {
    align(contexts) {
      const targets = new Map<string, ProbeTarget>();
      const gaps: Gap[] = [];
      for (const context of contexts) {
        const result = find(context);
        if ('code' in result) gaps.push(result);
        else targets.set(result.section_id, merged(targets.get(result.section_id), result));
      }
      return { targets: [...targets.values()], gaps };
    },
  };
}

/** A text of fewer words is one shingle of its own. Words by the segmenter, since not every script puts spaces between them. */
function shinglesOf(text: string): Set<string> {
  const folded = plain(text);
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
