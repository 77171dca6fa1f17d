/**
 * Drafts of probes: what an import could read, and what a person still has to write.
 *
 * Invariant: nothing is made up. A probe is complete when the loader of probe sets takes it and it has no gap left; everything
 * else stays a draft with its gaps, each of which says what to write.
 */
import { z } from 'zod';
import { foldWords } from '../../domain/fold-text.ts';
import { UserError } from '../../domain/errors.ts';
import type { Probe, Section } from '../../domain/probe.ts';
import { assertionsOf } from '../assertions.ts';
import { probeSchema } from '../probe-set-schema.ts';
import { targetFault } from '../probe-set.ts';

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
  const known = new Map(sections.map((section) => [section.section_id, section]));
  const complete: Probe[] = [];
  const open: Draft[] = [];
  for (const draft of drafts) {
    const { gaps: stored, ...probe } = draft;
    const gaps = [...stored.filter(({ code }) => !COMPUTED.includes(code)), ...computedGaps(draft, known)];
    const fit = gaps.length === 0 ? fitting(probe, known) : null;
    if (fit !== null && 'probe' in fit) complete.push(fit.probe);
    else open.push({ ...probe, gaps: fit === null ? gaps : [{ code: 'does_not_fit', message: fit.fault }] });
  }
  return { complete, drafts: open };
}

/** The probe as the loader of probe sets reads it, or what the loader would refuse. */
function fitting(
  draft: Omit<Draft, 'gaps'>,
  sections: ReadonlyMap<string, Section>,
): { readonly probe: Probe } | { readonly fault: string } {
  const parsed = probeSchema.safeParse(draft);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  const probe = parsed.data as Probe;
  try {
    assertionsOf(probe, probe.id);
  } catch (cause) {
    if (cause instanceof UserError) return { fault: cause.message };
    throw cause;
  }
  const fault = targetFault(probe, sections);
  return fault === null ? { probe } : { fault };
}

function computedGaps(draft: Draft, sections: ReadonlyMap<string, Section>): Gap[] {
  const gaps: Gap[] = [];
  const held = distinct(draft.paraphrases).length;
  if (held < SENT) {
    const message = `${held} of ${SENT} different paraphrases: write ${SENT - held} more (the question itself may be one)`;
    gaps.push({ code: 'paraphrases_missing', message });
  }
  const unknown = draft.targets.filter(({ section_id: id }) => !sections.has(id));
  for (const { section_id: id } of unknown) {
    gaps.push({ code: 'target_missing', message: `there is no section ${id}: name one of sections.jsonl` });
  }
  for (const { section_id: id } of draft.targets.filter(
    (one) => sections.get(one.section_id)?.text.trim() === '',
  )) {
    gaps.push({ code: 'target_missing', message: `section ${id} holds no text: name one that does` });
  }
  if (draft.answerable && draft.targets.length === 0) {
    const message =
      'no target section: name the one that holds the answer, or write answerable: false if none does';
    gaps.push({ code: 'target_missing', message });
  }
  return gaps;
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
    const key = foldWords(text);
    return key !== '' && !seen.has(key) && seen.add(key);
  });
}
