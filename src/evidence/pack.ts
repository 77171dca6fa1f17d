/**
 * The evidence pack of a switch: what was planned, how it ended, and the digests of all that happened, in one signed file.
 * Invariant: a pack is believed only as far as its own sums go, and documents are read through the port that checks their digests.
 */
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical-json.ts';
import { EvidenceGoneError, UserError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Outcome } from '../domain/state.ts';
import type { EvidencePort } from '../ports/index.ts';
import { readPages, storePage } from './pages.ts';
import { checkSums, sumsOf, type SumsCheck } from './signature.ts';

/** Files of a switch, as the store's `publish` names them. */
export const PACK_FILE = 'evidence-pack.json';
export const REPORT_FILE = 'report.md';

const packSchema = z.looseObject({
  schema: z.literal(2),
  switchId: z.string(),
  /** Digests of the pages of events, oldest first. */
  pages: z.array(z.string()),
  eventCount: z.number().int().nonnegative(),
});

export interface PackFacts {
  readonly switchId: string;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly outcome: Outcome;
  /** Digests of the pages that are stored. */
  readonly pages: readonly string[];
  /** Events after them, not stored yet. */
  readonly tail: readonly SwitchEvent[];
}

export interface PackWritten {
  /** Of the pack. */
  readonly sha256: string;
  readonly events: readonly SwitchEvent[];
  /** Digests of pages that the store lost. */
  readonly lost: readonly string[];
}

/**
 * Writes the pack and its sums. A page that is gone is named: a switch must be able to end without it.
 * @throws what the store throws, but for evidence that is gone
 */
export async function writePack(
  store: EvidencePort,
  { switchId, plan, planDigest, outcome, pages, tail }: PackFacts,
  key: string | null,
): Promise<PackWritten> {
  const read = await readPages(store, switchId, pages);
  const events: SwitchEvent[] = [];
  const lost: string[] = [];
  let count = 0;
  for (const one of read) {
    if ('page' in one) {
      events.push(...one.page.events);
      count = one.page.firstIndex + one.page.events.length;
    } else if (one.cause instanceof EvidenceGoneError) {
      lost.push(one.digest);
    } else {
      throw one.cause;
    }
  }
  const last = tail.length === 0 ? [] : [await storePage(store, switchId, count, tail)];
  events.push(...tail);
  const content = canonicalJson({
    schema: 2,
    switchId,
    planDigest,
    plan,
    outcome,
    pages: [...pages, ...last],
    eventCount: count + tail.length,
    evidence: events.flatMap((one) => (one.type === 'looked' && one.evidence !== '' ? [one.evidence] : [])),
  });
  const sums = sumsOf(content, key);
  await store.publish(switchId, PACK_FILE, content);
  await store.publish(switchId, besideOf(PACK_FILE), JSON.stringify(sums, null, 2));
  return { sha256: sums.sha256, events, lost };
}

/** A pack as it was found. */
export interface FoundPack {
  /** Where it is, as a person names it. */
  readonly path: string;
  readonly content: string;
  /** Text of the file with its sums; null when there is none. */
  readonly signature: string | null;
  /** The store that its digests point into. */
  readonly store: EvidencePort;
}

export interface EvidencePack extends Omit<SumsCheck, 'faults'> {
  readonly path: string;
  readonly switchId: string;
  /** Digests of the judged looks, in order. */
  readonly looks: readonly string[];
  /** Looks that left no evidence. */
  readonly without: number;
  /** What is wrong with the pack itself and its pages of events; empty when nothing is. */
  readonly faults: readonly string[];
  readonly store: EvidencePort;
}

/** @throws UserError when it is no pack. */
export async function readPack(found: FoundPack, key: string | null): Promise<EvidencePack> {
  const { path, content, store } = found;
  const pack = parse(content, path);
  const { looks, without, faults } = await lookedIn(pack, store);
  const sums = checkSums(content, found.signature, key, besideOf(path));
  return {
    path,
    switchId: pack.switchId,
    looks,
    without,
    signature: sums.signature,
    faults: [...sums.faults, ...faults],
    store,
  };
}

/** The file with a pack's sums. */
export function besideOf(path: string): string {
  return path.replace(/\.json$/, '.signature.json');
}

/** Digests of the looks in the pages of events, and what is wrong with the pages. */
async function lookedIn(
  { pages, switchId, eventCount }: z.output<typeof packSchema>,
  store: EvidencePort,
): Promise<{ looks: string[]; without: number; faults: string[] }> {
  const [looks, faults]: [string[], string[]] = [[], []];
  let without = 0;
  // Where the next page must begin; null after one that could not be read.
  let next: number | null = 0;
  for (const one of await readPages(store, switchId, pages)) {
    const name = one.digest.slice(0, 12);
    if ('cause' in one) {
      const why = one.cause instanceof Error ? one.cause.message : String(one.cause);
      faults.push(`events ${name} cannot be read: ${why}`);
      next = null;
      continue;
    }
    const { firstIndex, events } = one.page;
    if (next !== null && firstIndex !== next) {
      faults.push(`events are missing: page ${name} begins with ${firstIndex}, not ${next}`);
    }
    next = firstIndex + events.length;
    const looked = events.filter((event) => event.type === 'looked');
    looks.push(...looked.map(({ evidence }) => evidence).filter((digest) => digest !== ''));
    without += looked.filter(({ evidence }) => evidence === '').length;
  }
  if (next !== null && next !== eventCount) {
    faults.push(`the pages end with event ${next}, the pack says ${eventCount}`);
  }
  return { looks, without, faults };
}

function parse(content: string, path: string): z.output<typeof packSchema> {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new UserError(`${path} is no evidence pack: not JSON`, { cause });
  }
  const parsed = packSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${path} is no evidence pack: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
