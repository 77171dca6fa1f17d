/**
 * Writes files where none are, and anew those that nobody has changed since an earlier run wrote them.
 * Invariant: what a person wrote or changed stays as it is; other text for it goes beside it, as `<name>.new`.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { isRecord } from '../domain/is-record.ts';

export interface NewFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Only its owner may read it. */
  readonly isSecret?: boolean;
  /** Holds only the lines to append to what is there, so it never takes its place. */
  readonly isAppended?: boolean;
  /** Files with one word belong together: where one of them was changed, none is written anew. */
  readonly together?: string;
}

export interface Written {
  readonly path: string;
  /**
   * `same`: it is there already, with this text. `anew`: an earlier run wrote what was there, and nobody changed it.
   * `beside`: other text is there, so this one is in `<path>.new`.
   */
  readonly how: 'new' | 'same' | 'anew' | 'beside';
}

/** What earlier runs wrote, a hash by path: it says whether a file was changed since. */
const RECORD = '.cutover/init.json';

/** @param dry says what would be written, and writes nothing. @throws UserError */
export async function writeFiles(
  folder: string,
  files: readonly NewFile[],
  dry: boolean,
): Promise<readonly Written[]> {
  const record = new Map<string, unknown>(Object.entries(await recordOf(folder)));
  const found = await Promise.all(
    files.map(async (file) => ({ file, how: await howOf(folder, file, record) })),
  );
  const changed = new Set(
    found.flatMap(({ file, how }) => (how === 'beside' ? [file.together ?? file.path] : [])),
  );
  const done: Written[] = [];
  for (const { file, how: alone } of found) {
    const how = alone === 'anew' && changed.has(file.together ?? file.path) ? 'beside' : alone;
    if (!dry) await writeOne(folder, file, how);
    if (how !== 'beside') record.set(file.path, hashOf(file.text));
    done.push({ path: file.path, how });
  }
  if (!dry) await replace(folder, RECORD, `${JSON.stringify(Object.fromEntries(record), null, 2)}\n`, 0o644);
  return done;
}

async function howOf(
  folder: string,
  { path, text, isAppended = false }: NewFile,
  record: ReadonlyMap<string, unknown>,
): Promise<Written['how']> {
  const present = await guarded(join(folder, path), () => textOf(join(folder, path)));
  if (present === null) return 'new';
  if (present === text) return 'same';
  return !isAppended && record.get(path) === hashOf(present) ? 'anew' : 'beside';
}

async function writeOne(
  folder: string,
  { path, text, isSecret = false }: NewFile,
  how: Written['how'],
): Promise<void> {
  if (how === 'same') return;
  const mode = isSecret ? 0o600 : 0o644;
  const target = join(folder, path);
  if (how !== 'new') return replace(folder, how === 'beside' ? `${path}.new` : path, text, mode);
  await guarded(target, async () => {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { mode, flag: 'wx' });
  });
}

/** What is ours is made anew, never written through a link. */
async function replace(folder: string, path: string, text: string, mode: number): Promise<void> {
  const target = join(folder, path);
  await guarded(target, async () => {
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await writeFile(target, text, { mode, flag: 'wx' });
  });
}

/** @throws UserError */
async function guarded<T>(target: string, does: () => Promise<T>): Promise<T> {
  try {
    return await does();
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(`${target} cannot be written: ${why}`, {
      hint: 'make the folder writable, or name another one: cutover init <folder>',
      cause,
    });
  }
}

/** Nothing where none is, or where it is torn: then every file that is there counts as changed. */
async function recordOf(folder: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const record: unknown = JSON.parse((await textOf(join(folder, RECORD))) ?? '{}');
    return isRecord(record) ? record : {};
  } catch {
    return {};
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Null when nothing is there. What is no file of text counts as other text: a pipe would be read for ever. */
export async function textOf(path: string): Promise<string | null> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return null;
  return found.isFile() ? readFile(path, 'utf8') : '';
}
