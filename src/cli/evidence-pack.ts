/**
 * Opens the evidence of a past switch: its pack, and the store its digests point into.
 * Invariant: a pack is believed only as far as its own sums go: a changed byte is told, and documents are read through the
 * provider that checks their digests.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { checkedPage } from '../domain/event-page.ts';
import type { ReadEvidence } from '../evidence/index.ts';
import { besideOf, findPack, type FoundPack } from './evidence-store.ts';
import { required, type Context } from './spec.ts';

const packSchema = z.looseObject({
  schema: z.literal(2),
  switchId: z.string(),
  /** Digests of the pages of events, oldest first. */
  pages: z.array(z.string()),
  eventCount: z.number().int().nonnegative(),
});

const signatureSchema = z.looseObject({
  sha256: z.string(),
  'hmac-sha256': z.string().nullable(),
});

export interface EvidencePack {
  readonly path: string;
  readonly switchId: string;
  /** Digests of the judged looks, in order. */
  readonly looks: readonly string[];
  /** Looks that left no evidence. */
  readonly without: number;
  /** What is wrong with the pack itself; empty when its sums are right. */
  readonly faults: readonly string[];
  /** `signed`: checked with CUTOVER_SIGNING_KEY. `unchecked`: signed, but there is no key here. */
  readonly signature: 'signed' | 'unchecked' | 'none';
  readonly read: ReadEvidence;
}

/** The pack named by the first argument: a path, an address or the id of a switch. @throws UserError when there is none. */
export async function openPack(context: Context): Promise<EvidencePack> {
  const found = await findPack(required(context, 0, 'the evidence pack or switch id'), context);
  const pack = parsePack(found.content, found.path);
  const read: ReadEvidence = (digest) => found.store.get(digest);
  const { looks, without, lost } = await lookedIn(pack, read);
  const sums = checkSums(found, context.env['CUTOVER_SIGNING_KEY'] ?? '');
  return {
    path: found.path,
    switchId: pack.switchId,
    looks,
    without,
    signature: sums.signature,
    faults: [...sums.faults, ...lost],
    read,
  };
}

/** Digests of the looks in the pages of events, and what is wrong with the pages. */
async function lookedIn(
  { pages, switchId, eventCount }: z.output<typeof packSchema>,
  read: ReadEvidence,
): Promise<{ looks: string[]; without: number; lost: string[] }> {
  const [looks, lost]: [string[], string[]] = [[], []];
  let without = 0;
  // Where the next page must begin; null after one that could not be read.
  let next: number | null = 0;
  for (const digest of pages) {
    try {
      const page = checkedPage(await read(digest), digest, switchId);
      if (next !== null && page.firstIndex !== next) {
        lost.push(
          `events are missing: page ${digest.slice(0, 12)} begins with ${page.firstIndex}, not ${next}`,
        );
      }
      next = page.firstIndex + page.events.length;
      const looked = page.events.filter((event) => event.type === 'looked');
      looks.push(...looked.map(({ evidence }) => evidence).filter((one) => one !== ''));
      without += looked.filter(({ evidence }) => evidence === '').length;
    } catch (cause) {
      lost.push(`events ${digest.slice(0, 12)} cannot be read: ${messageOf(cause)}`);
      next = null;
    }
  }
  if (next !== null && next !== eventCount) {
    lost.push(`the pages end with event ${next}, the pack says ${eventCount}`);
  }
  return { looks, without, lost };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function parsePack(content: string, path: string): z.output<typeof packSchema> {
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

function checkSums(
  { path, content, signature: signed }: FoundPack,
  key: string,
): Pick<EvidencePack, 'faults' | 'signature'> {
  const beside = besideOf(path);
  if (signed === null)
    return {
      faults: [`${beside} is missing: the pack cannot be told from a changed one`],
      signature: 'none',
    };
  let parsed: ReturnType<typeof signatureSchema.safeParse>;
  try {
    parsed = signatureSchema.safeParse(JSON.parse(signed));
  } catch {
    return { faults: [`${beside} is not JSON`], signature: 'none' };
  }
  if (!parsed.success) return { faults: [`${beside} is no signature`], signature: 'none' };
  const faults: string[] = [];
  const sum = createHash('sha256').update(content).digest('hex');
  if (parsed.data.sha256 !== sum) faults.push(`the pack was changed: its sha256 is ${sum}`);
  const mac = parsed.data['hmac-sha256'];
  if (key === '') return { faults, signature: mac === null ? 'none' : 'unchecked' };
  const wanted = createHmac('sha256', key).update(content).digest('hex');
  if (mac === null) faults.push('the pack is not signed, although CUTOVER_SIGNING_KEY is set');
  else if (!same(mac, wanted)) faults.push('the signature is not by CUTOVER_SIGNING_KEY');
  return { faults, signature: faults.length === 0 ? 'signed' : 'none' };
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
