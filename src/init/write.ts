/**
 * Writes files where none are.
 * Invariant: what is there stays as it is; other text for it goes beside it, as `<name>.new`.
 */
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../domain/errors.ts';

export interface NewFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Only its owner may read it. */
  readonly isSecret?: boolean;
}

export interface Written {
  readonly path: string;
  /** `same`: it is there already, with this text. `beside`: other text is there, so this one is in `<path>.new`. */
  readonly how: 'new' | 'same' | 'beside';
}

/** @param dry says what would be written, and writes nothing. @throws UserError */
export async function writeFiles(
  folder: string,
  files: readonly NewFile[],
  dry: boolean,
): Promise<readonly Written[]> {
  const done: Written[] = [];
  for (const file of files) done.push(await writeOne(folder, file, dry));
  return done;
}

async function writeOne(folder: string, file: NewFile, dry: boolean): Promise<Written> {
  const { path, text, isSecret = false } = file;
  const target = join(folder, path);
  try {
    const present = await textOf(target);
    if (present === text) return { path, how: 'same' };
    const how = present === null ? 'new' : 'beside';
    if (dry) return { path, how };
    await mkdir(dirname(target), { recursive: true });
    const mode = isSecret ? 0o600 : 0o644;
    // `.new` is ours: one of an earlier run is made anew, never written through a link.
    if (how === 'beside') await rm(`${target}.new`, { force: true });
    await writeFile(how === 'beside' ? `${target}.new` : target, text, { mode, flag: 'wx' });
    return { path, how };
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(`${target} cannot be written: ${why}`, {
      hint: 'make the folder writable, or name another one: cutover init <folder>',
      cause,
    });
  }
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
