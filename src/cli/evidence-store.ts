/**
 * Finds the evidence of past switches: a file or folder here, an address in a bucket, or a switch id in a store.
 * Invariant: everything of a switch is read through an evidence port, so that a command works with every store a plan can name.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EvidenceGoneError, ProviderError, UserError } from '../domain/errors.ts';
import type { Plan, ProviderRef } from '../domain/plan.ts';
import { loadPlan } from '../plan/load.ts';
import { openPort } from '../providers/open.ts';
import type { EvidencePort, ProviderScope } from '../ports/index.ts';
import { text, type Context, type OptionSpec } from './spec.ts';

const DEFAULT_DIR = '.cutover/evidence';
const PACK = 'evidence-pack.json';
const MAX_BYTES = 64 * 1024 * 1024;

export const STORE_OPTIONS = {
  dir: {
    type: 'string',
    value: '<folder | s3://…>',
    help: `the evidence store (default: the pack's, ${DEFAULT_DIR})`,
  },
  plan: {
    type: 'string',
    value: '<cutover.yaml>',
    help: 'the store that this plan names, with its endpoint and region',
  },
} as const satisfies Record<string, OptionSpec>;

export interface FoundPack {
  /** Where it is, as a person names it. */
  readonly path: string;
  readonly content: string;
  /** Text of the file with its sums; null when there is none. */
  readonly signature: string | null;
  /** The store that its digests point into. */
  readonly store: EvidencePort;
}

type Source = Pick<Context, 'values' | 'env'>;

/** @param given a path, an `s3://` address or the id of a switch. @throws UserError when there is no pack. */
export async function findPack(given: string, context: Source): Promise<FoundPack> {
  if (!given.startsWith('s3://')) {
    const found = await stat(given).catch(() => null);
    if (found !== null) return packOnDisk(found.isDirectory() ? join(given, PACK) : given, given, context);
    const store = (await storeOf(context)) ?? (await openStore(refOf(DEFAULT_DIR), null, context.env));
    return packInStore(store, given, given);
  }
  const path = given.replace(/\/+$/, '').replace(new RegExp(`/${PACK}$`), '');
  const at = path.lastIndexOf('/');
  const store = (await storeOf(context)) ?? (await openStore(refOf(path.slice(0, at)), null, context.env));
  return packInStore(store, path.slice(at + 1), given);
}

/**
 * What stands at the address that a switch gave for its report; null where it cannot be read from here.
 * @param plan of the switch, if it is known: its store may be one that no address names
 */
export async function readReport(
  address: string,
  { switchId, plan, env }: { switchId: string; plan: Plan | null; env: NodeJS.ProcessEnv },
): Promise<string | null> {
  const onDisk = await readFile(address, 'utf8').catch(() => null);
  if (onDisk !== null) return onDisk;
  const ref = plan?.providers.evidence;
  const isFolder = ref === undefined || ref.use === 'folder';
  // Another machine's disk.
  if (isFolder && !address.startsWith('s3://')) return null;
  const [folder, name] = cut(address);
  const [root, segment] = cut(folder);
  const isAddress = address.startsWith('s3://');
  const store = await openStore(isFolder ? refOf(root) : ref, plan, env);
  return store.published(isAddress ? segment : switchId, name).catch((cause: unknown) => {
    if (cause instanceof EvidenceGoneError) return null;
    throw readable(cause);
  });
}

async function packOnDisk(path: string, given: string, context: Source): Promise<FoundPack> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) throw noPack(given, `${path} is not there`);
  if (found.size > MAX_BYTES) throw new UserError(`${path} has ${found.size} bytes, more than ${MAX_BYTES}`);
  // A pack lies in a folder of its switch, inside the store.
  const around = refOf(dirname(dirname(resolve(path))));
  return {
    path,
    content: await readFile(path, 'utf8'),
    signature: await readFile(besideOf(path), 'utf8').catch(() => null),
    store: (await storeOf(context)) ?? (await openStore(around, null, context.env)),
  };
}

async function packInStore(store: EvidencePort, switchId: string, given: string): Promise<FoundPack> {
  const read = (name: string): Promise<string> => store.published(switchId, name);
  try {
    const content = await read(PACK);
    const signature = await read(besideOf(PACK)).catch((cause: unknown) => {
      if (cause instanceof EvidenceGoneError) return null;
      throw cause;
    });
    return { path: given, content, signature, store };
  } catch (cause) {
    throw cause instanceof EvidenceGoneError ? noPack(given, cause.message) : readable(cause);
  }
}

/** The file with a pack's sums. */
export function besideOf(path: string): string {
  return path.replace(/\.json$/, '.signature.json');
}

/** The store named by `--plan` or `--dir`; null when neither is given. */
async function storeOf(context: Source): Promise<EvidencePort | null> {
  const [dir, file] = [text(context, 'dir'), text(context, 'plan')];
  if (dir !== undefined && file !== undefined) {
    throw new UserError('--dir and --plan name two stores', { hint: 'give one of them' });
  }
  if (dir !== undefined) return openStore(refOf(dir), null, context.env);
  if (file === undefined) return null;
  // Only its store is asked for: the probe set may lie on the machine that started the switch.
  const { plan } = await loadPlan(file, { world: { isFolder: () => true } });
  return openStore(plan.providers.evidence, plan, context.env);
}

/** `s3://bucket/prefix` or a folder. */
function refOf(dir: string): ProviderRef {
  if (!dir.startsWith('s3://')) return { use: 'folder', path: dir };
  const [bucket = '', ...prefix] = dir.slice('s3://'.length).split('/');
  return { use: 's3', bucket, prefix: prefix.join('/') };
}

function openStore(ref: ProviderRef, plan: Plan | null, env: NodeJS.ProcessEnv): Promise<EvidencePort> {
  const scope: ProviderScope = {
    service: plan?.service ?? '',
    from: plan?.from ?? 'blue',
    to: plan?.to ?? 'green',
    entry: plan?.entry ?? [],
    colorUrls: { blue: plan?.colors.blue.url ?? '', green: plan?.colors.green.url ?? '' },
    env,
  };
  return openPort('evidence', ref, scope);
}

function cut(address: string): [string, string] {
  const at = address.lastIndexOf('/');
  return [address.slice(0, at), address.slice(at + 1)];
}

function noPack(given: string, why: string): UserError {
  return new UserError(`there is no evidence pack of ${given}: ${why}`, {
    hint: 'name the evidence-pack.json, or the switch id with --dir <evidence store> or --plan <cutover.yaml>',
  });
}

/** A store that cannot be read is the caller's to mend: one line, no stack. */
function readable(cause: unknown): unknown {
  return cause instanceof ProviderError
    ? new UserError(`the evidence store cannot be read: ${cause.message}`, { cause })
    : cause;
}
