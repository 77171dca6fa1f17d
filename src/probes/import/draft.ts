/**
 * Drafts of probes: what an import could read, and what a person still has to write.
 *
 * Invariant: nothing is made up. A probe is complete when it passes the schema and has no gap left; everything else stays a
 * draft with its gaps, each of which says what to write.
 */
import { z } from 'zod';
import type { Probe, Section } from '../../domain/probe.ts';
import { probeSchema } from '../probe-set-schema.ts';

const GAP_CODES = [
  'paraphrases_missing',
  'target_missing',
  'context_not_found',
  'context_ambiguous',
  'choose_targets',
  'not_text',
  'does_not_fit',
] as const;

/** Paraphrases that a probe has. */
const SENT = 3;

export type GapCode = (typeof GAP_CODES)[number];

export interface Gap {
  readonly code: GapCode;
  /** What is missing and what to write, one sentence. */
  readonly message: string;
}

/** A probe as far as it is known, in our format; three different paraphrases make it complete. */
export interface Draft extends Omit<Probe, 'decoys'>, Partial<Pick<Probe, 'decoys'>> {
  /** Of the source; a person removes an entry when it is settled. */
  readonly gaps: readonly Gap[];
}

/** A draft as it stands in `drafts.jsonl`: only as strict as working with it needs; the rest is checked as a probe. */
export const draftSchema = z.looseObject({
  id: z.string(),
  topic: z.string().default('imported'),
  question: z.string(),
  paraphrases: z.array(z.string()).default([]),
  answerable: z.boolean().default(true),
  targets: z.array(z.looseObject({ section_id: z.string() })).default([]),
  author: z.string().default(''),
  origin: z.string().default('imported'),
  gaps: z.array(z.object({ code: z.enum(GAP_CODES), message: z.string() })).default([]),
});

/** A row of the source, accounted for: it became questions, or it is left out and says why. */
export type ImportedRow =
  | { readonly where: string; readonly drafts: readonly [Draft, ...Draft[]] }
  | { readonly where: string; readonly leftOut: string };

/** A row that became no question. */
export interface LeftOutRow {
  readonly where: string;
  readonly why: string;
}

export interface Imported {
  readonly sections: readonly Section[];
  /** One entry for every row of the source. */
  readonly rows: readonly ImportedRow[];
  /** What is true of the set as a whole, and what of its rows was not taken over. */
  readonly notes: readonly string[];
}

export interface Sorted {
  readonly complete: readonly Probe[];
  /** With every gap, also those that anybody can see from the draft. */
  readonly drafts: readonly Draft[];
}

/** Gaps that are worked out anew each time, and so need not be removed by hand. */
const COMPUTED: readonly GapCode[] = ['paraphrases_missing', 'target_missing', 'does_not_fit'];

/** Parts drafts into complete probes and those that somebody has to finish; order is kept. */
export function sortDrafts(drafts: readonly Draft[], sections: readonly Section[]): Sorted {
  const sectionIds = new Map(sections.map((section) => [section.section_id, section.text.trim() !== '']));
  const complete: Probe[] = [];
  const open: Draft[] = [];
  for (const draft of drafts) {
    const { gaps: stored, ...probe } = draft;
    const gaps = [
      ...stored.filter(({ code }) => !COMPUTED.includes(code)),
      ...computedGaps(draft, sectionIds),
    ];
    const parsed = probeSchema.safeParse(probe);
    if (gaps.length === 0 && parsed.success) {
      complete.push(parsed.data as Probe);
      continue;
    }
    if (gaps.length === 0) {
      const [issue] = parsed.error?.issues ?? [];
      gaps.push({ code: 'does_not_fit', message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
    }
    open.push({ ...probe, gaps });
  }
  return { complete, drafts: open };
}

/** @param sectionIds of all sections, with whether they hold any text */
function computedGaps(draft: Draft, sectionIds: ReadonlyMap<string, boolean>): Gap[] {
  const gaps: Gap[] = [];
  const distinct = new Set(draft.paraphrases.map(plain).filter((text) => text !== '')).size;
  if (distinct < 3) {
    const message = `${distinct} of 3 different paraphrases: write ${3 - distinct} more (the question itself may be one)`;
    gaps.push({ code: 'paraphrases_missing', message });
  }
  const unknown = draft.targets.filter(({ section_id: id }) => !sectionIds.has(id));
  for (const { section_id: id } of unknown) {
    gaps.push({ code: 'target_missing', message: `there is no section ${id}: name one of sections.jsonl` });
  }
  for (const { section_id: id } of draft.targets.filter((one) => sectionIds.get(one.section_id) === false)) {
    gaps.push({ code: 'target_missing', message: `section ${id} holds no text: name one that does` });
  }
  if (draft.answerable && draft.targets.length === 0) {
    const message =
      'no target section: name the one that holds the answer, or write answerable: false if none does';
    gaps.push({ code: 'target_missing', message });
  }
  return gaps;
}

/** Letters and digits in lower case, one space between words. */
export function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * The three ways to ask that are sent: the source's own when it has three, else the question itself and what there is.
 * `over`: how many different ones the source has beyond them.
 */
export function paraphrasesOf(
  question: string,
  others: readonly string[],
): { readonly paraphrases: string[]; readonly over: number } {
  const own = distinct(others);
  const all = own.length >= SENT ? own : distinct([question, ...others]);
  return { paraphrases: all.slice(0, SENT), over: Math.max(0, all.length - SENT) };
}

function distinct(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => {
    const key = plain(text);
    return key !== '' && !seen.has(key) && seen.add(key);
  });
}
