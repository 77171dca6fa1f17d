/**
 * Writes files where none are, and anew those that nobody has changed since an earlier run wrote them.
 * Invariant: what a person wrote or changed stays as it is; other text for it goes beside it, as `<name>.new`. What was learned is not
 * replaced by a guess.
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
  /** What it was made with besides guesses, in words. Without one of them it never takes the place of text that was made with it. */
  readonly madeWith?: readonly string[];
}

export interface Written {
  readonly path: string;
  /**
   * `same`: it is there already, with this text. `anew`: an earlier run wrote what was there, and nobody changed it.
   * `beside`: other text is there, so this one is in `<path>.new`. `kept`: an earlier run wrote what is there, and knew more.
   */
  readonly how: 'new' | 'same' | 'anew' | 'beside' | 'kept';
  /** What an earlier run had and this one has not, where its text was kept. */
  readonly lacks?: readonly string[];
}

/** What earlier runs wrote, by path: whether a file was changed since, and whether this run knows as much. */
const RECORD = '.cutover/init.json';

interface Earlier {
  readonly sha256: string;
  readonly madeWith: readonly string[];
}

type Earliers = ReadonlyMap<string, Earlier>;

/** @param dry says what would be written, and writes nothing. @throws UserError before anything is written over */
export async function writeFiles(
  folder: string,
  files: readonly NewFile[],
  dry: boolean,
): Promise<readonly Written[]> {
  const record = await recordOf(folder);
  const found = await Promise.all(
    files.map(async (file) => ({ file, ...(await standingOf(folder, file, record)) })),
  );
  const changed = new Set(
    found.flatMap(({ file, how }) => (how === 'beside' ? [file.together ?? file.path] : [])),
  );
  const written = found.map(({ file, how, lacks }) =>
    how === 'anew' && changed.has(file.together ?? file.path)
      ? { file, how: 'beside' as const, lacks }
      : { file, how, lacks },
  );
  for (const { file, how } of written)
    if (how === 'beside') await refuseChanged(folder, `${file.path}.new`, file.text, record);
  for (const { file, how } of written) {
    if (!dry) await writeOne(folder, file, how);
    const at = how === 'beside' ? `${file.path}.new` : file.path;
    if (how !== 'kept') record.set(at, { sha256: hashOf(file.text), madeWith: file.madeWith ?? [] });
  }
  if (!dry) await replace(folder, RECORD, `${JSON.stringify(Object.fromEntries(record), null, 2)}\n`, 0o644);
  return written.map(({ file: { path }, how, lacks }) => ({
    path,
    how,
    ...(how === 'kept' ? { lacks } : {}),
  }));
}

async function standingOf(
  folder: string,
  { path, text, isAppended = false, madeWith = [] }: NewFile,
  record: Earliers,
): Promise<{ readonly how: Written['how']; readonly lacks: readonly string[] }> {
  const present = await guarded(join(folder, path), () => textOf(join(folder, path)));
  if (present === null) return { how: 'new', lacks: [] };
  if (present === text) return { how: 'same', lacks: [] };
  const earlier = record.get(path);
  if (isAppended || earlier?.sha256 !== hashOf(present)) return { how: 'beside', lacks: [] };
  const lacks = earlier.madeWith.filter((one) => !madeWith.includes(one));
  return { how: lacks.length > 0 ? 'kept' : 'anew', lacks };
}

/** What lies beside may be somebody's plan by now. A link or another thing that is no file holds no text of theirs. @throws UserError */
async function refuseChanged(folder: string, path: string, text: string, record: Earliers): Promise<void> {
  const target = join(folder, path);
  const present = await guarded(target, () => textOf(target));
  if (present === null || present === '' || present === text) return;
  if (record.get(path)?.sha256 === hashOf(present)) return;
  throw new UserError(`${target} was changed, and would be written over`, {
    hint: `keep what you need of it in ${path.slice(0, -'.new'.length)}, and remove it; nothing has been written`,
  });
}

async function writeOne(
  folder: string,
  { path, text, isSecret = false }: NewFile,
  how: Written['how'],
): Promise<void> {
  if (how === 'same' || how === 'kept') return;
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
async function recordOf(folder: string): Promise<Map<string, Earlier>> {
  try {
    const record: unknown = JSON.parse((await textOf(join(folder, RECORD))) ?? '{}');
    return new Map(Object.entries(isRecord(record) ? record : {}).filter(isEarlier));
  } catch {
    return new Map();
  }
}

function isEarlier(entry: [string, unknown]): entry is [string, Earlier] {
  const [, one] = entry;
  return isRecord(one) && typeof one['sha256'] === 'string' && Array.isArray(one['madeWith']);
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
