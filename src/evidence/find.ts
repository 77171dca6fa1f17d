/**
 * Finds the evidence of past switches: a file or folder here, an address in a bucket, or a switch id in a store.
 * Invariant: everything of a switch is read through an evidence port, so that every store that a plan can name can be read.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { EvidenceGoneError, ProviderError, UserError } from '../domain/errors.ts';
import type { Plan, ProviderRef } from '../domain/plan.ts';
import { loadPlan } from '../plan/load.ts';
import type { EvidencePort, ProviderScope } from '../ports/index.ts';
import { openPort } from '../providers/open.ts';
import { besideOf, PACK_FILE, REPORT_FILE, type FoundPack } from './pack.ts';

/** Where evidence is kept unless a plan says otherwise. */
export const DEFAULT_FOLDER = '.cutover/evidence';
const MAX_BYTES = 64 * 1024 * 1024;

/** A store as a person names it. */
export interface StoreNamed {
  /** A folder, `s3://bucket/prefix`, or what a plan has under `evidence`, e.g. `{ use: ./store.mjs, room: 7 }`. */
  readonly dir?: string | undefined;
  /** A plan whose store is meant. */
  readonly plan?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** @param given a path, an `s3://` address or the id of a switch. @throws UserError when there is no pack. */
export async function findPack(given: string, named: StoreNamed): Promise<FoundPack> {
  if (!given.startsWith('s3://')) {
    const found = await stat(given).catch(() => null);
    if (found !== null) return packOnDisk(found.isDirectory() ? join(given, PACK_FILE) : given, given, named);
    return packInStore(await storeOr(named, DEFAULT_FOLDER), given, given);
  }
  const path = given.replace(/\/+$/, '').replace(new RegExp(`/${PACK_FILE}$`), '');
  const [root, switchId] = cut(path);
  return packInStore(await storeOr(named, root), switchId, given);
}

export interface ReportOf {
  readonly switchId: string;
  /** Of the switch, where it is known: its store may be one that no address names. */
  readonly plan: Plan | null;
  readonly named: StoreNamed;
}

/**
 * The report of a switch; null where it cannot be read from here.
 * @param address that the switch gave for it
 * @throws UserError when the store that is named, or the plan's, cannot be read
 */
export async function readReport(
  address: string,
  { switchId, plan, named }: ReportOf,
): Promise<string | null> {
  const store = await storeOf(named);
  if (store !== null) return reportIn(store, switchId);
  const onDisk = await readFile(address, 'utf8').catch(() => null);
  if (onDisk !== null) return onDisk;
  const ref = plan?.providers.evidence;
  if (ref !== undefined && ref.use !== 'folder') {
    return reportIn(await openStore(ref, plan, named.env), switchId);
  }
  // A path of another machine's disk.
  if (!address.startsWith('s3://')) return null;
  const [folder] = cut(address);
  const [root, segment] = cut(folder);
  return reportIn(await openStore(refOf(root), plan, named.env), segment);
}

/**
 * The evidence of a switch that may still run: the store that is named, else the plan's own.
 * @throws UserError when the store that is named cannot be opened
 */
export async function openEvidence(plan: Plan, named: StoreNamed): Promise<EvidencePort> {
  return (await storeOf(named)) ?? openStore(plan.providers.evidence, plan, named.env);
}

/** The pack of a switch that has ended: in the store that is named, else in the plan's own. @throws UserError when there is none. */
export async function findPackOf(switchId: string, plan: Plan, named: StoreNamed): Promise<FoundPack> {
  return packInStore(await openEvidence(plan, named), switchId, switchId);
}

async function reportIn(store: EvidencePort, switchId: string): Promise<string | null> {
  return orNull(store.published(switchId, REPORT_FILE));
}

async function packOnDisk(path: string, given: string, named: StoreNamed): Promise<FoundPack> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) throw noPack(given, `${path} is not there`);
  if (found.size > MAX_BYTES) throw new UserError(`${path} has ${found.size} bytes, more than ${MAX_BYTES}`);
  return {
    path,
    content: await readFile(path, 'utf8'),
    signature: await readFile(besideOf(path), 'utf8').catch(() => null),
    // A pack lies in a folder of its switch, inside the store.
    store: await storeOr(named, dirname(dirname(resolve(path)))),
  };
}

async function packInStore(store: EvidencePort, switchId: string, given: string): Promise<FoundPack> {
  try {
    const content = await store.published(switchId, PACK_FILE);
    const signature = await orNull(store.published(switchId, besideOf(PACK_FILE)));
    return { path: given, content, signature, store };
  } catch (cause) {
    throw cause instanceof EvidenceGoneError ? noPack(given, cause.message) : readable(cause);
  }
}

async function storeOr(named: StoreNamed, root: string): Promise<EvidencePort> {
  return (await storeOf(named)) ?? openStore(refOf(root), null, named.env);
}

/** Null when none is named. */
async function storeOf({ dir, plan: file, env }: StoreNamed): Promise<EvidencePort | null> {
  if (dir !== undefined && file !== undefined) {
    throw new UserError('--dir and --plan name two stores', { hint: 'give one of them' });
  }
  if (dir !== undefined) return openStore(refOf(dir), null, env);
  if (file === undefined) return null;
  // Only its store is asked for: the probe set may lie on the machine that started the switch.
  const { plan } = await loadPlan(file, { world: { isFolder: () => true } });
  return openStore(plan.providers.evidence, plan, env);
}

function refOf(dir: string): ProviderRef {
  if (dir.trimStart().startsWith('{')) return refIn(dir);
  if (!dir.startsWith('s3://')) return { use: 'folder', path: dir };
  const [bucket = '', ...prefix] = dir.slice('s3://'.length).split('/');
  return { use: 's3', bucket, prefix: prefix.join('/') };
}

function refIn(text: string): ProviderRef {
  let ref: unknown;
  try {
    ref = parse(text);
  } catch {
    ref = null;
  }
  if (typeof ref === 'object' && ref !== null && 'use' in ref && typeof ref.use === 'string') {
    return ref as ProviderRef;
  }
  throw new UserError(`${JSON.stringify(text.slice(0, 80))} names no evidence store`, {
    hint: 'write it as a plan does: --dir "{ use: ./store.mjs, … }"',
  });
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

/** Null for what is not there. */
async function orNull(reading: Promise<string>): Promise<string | null> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof EvidenceGoneError) return null;
    throw readable(cause);
  }
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
