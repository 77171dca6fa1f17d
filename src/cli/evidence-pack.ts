/**
 * Opens the evidence of a past switch: its pack, and the store its digests point into.
 * Invariant: a pack is believed only as far as its own sums go: a changed byte is told, and documents are read through the
 * provider that checks their digests.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { checkedPage } from '../domain/event-page.ts';
import { folderEvidence } from '../providers/evidence/index.ts';
import type { ReadEvidence } from '../verify/index.ts';
import { required, text, type Context, type OptionSpec } from './spec.ts';

const DEFAULT_DIR = '.cutover/evidence';
const PACK = 'evidence-pack.json';
const MAX_BYTES = 64 * 1024 * 1024;

export const DIR_OPTION = {
  dir: {
    type: 'string',
    value: '<folder>',
    help: `the evidence store (default: the pack's, ${DEFAULT_DIR})`,
  },
} as const satisfies Record<string, OptionSpec>;

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

/** The pack named by the first argument: a path, or the id of a switch. @throws UserError when there is none. */
export async function openPack(context: Context): Promise<EvidencePack> {
  const given = required(context, 0, 'the evidence pack or switch id');
  const { path, dir } = await locate(given, text(context, 'dir'));
  const content = await readFile(path, 'utf8');
  const pack = parsePack(content, path);
  const store = folderEvidence({ use: 'folder', path: dir });
  const { looks, without, lost } = await lookedIn(pack, (digest) => store.get(digest));
  const sums = await checkSums(path, content, context.env['CUTOVER_SIGNING_KEY'] ?? '');
  return {
    path,
    switchId: pack.switchId,
    looks,
    without,
    signature: sums.signature,
    faults: [...sums.faults, ...lost],
    read: (digest) => store.get(digest),
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

async function locate(given: string, dir: string | undefined): Promise<{ path: string; dir: string }> {
  const found = await stat(given).catch(() => null);
  if (found !== null) {
    const path = found.isDirectory() ? join(given, PACK) : given;
    await mustBeFile(path, given);
    // A pack lies in a folder of its switch, inside the store.
    return { path, dir: dir ?? dirname(dirname(path)) };
  }
  const root = dir ?? DEFAULT_DIR;
  const path = join(root, given.replaceAll(/[^A-Za-z0-9._-]+/g, '_'), PACK);
  await mustBeFile(path, given);
  return { path, dir: root };
}

async function mustBeFile(path: string, given: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) {
    throw new UserError(`there is no evidence pack of ${given}: ${path} is not there`, {
      hint: 'name the evidence-pack.json, or the switch id with --dir <evidence store>',
    });
  }
  if (found.size > MAX_BYTES) throw new UserError(`${path} has ${found.size} bytes, more than ${MAX_BYTES}`);
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

async function checkSums(
  path: string,
  content: string,
  key: string,
): Promise<Pick<EvidencePack, 'faults' | 'signature'>> {
  const beside = path.replace(/\.json$/, '.signature.json');
  const signed = await readFile(beside, 'utf8').catch(() => null);
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
