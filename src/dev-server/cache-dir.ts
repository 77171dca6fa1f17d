/**
 * Where downloaded tools live: the user's cache directory, by each platform's convention.
 * Invariant: only this file knows the layout; the path of a version never changes meaning.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/cutover`, `~/Library/Caches/cutover` or `%LOCALAPPDATA%\cutover\cache`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  // XDG wins on every platform: whoever sets it means it, and tests use it.
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'cutover');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'cutover');
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'cutover', 'cache');
  }
  return join(homedir(), '.cache', 'cutover');
}

/** Folder and binary of one Temporal CLI version inside the cache. */
export function temporalPaths(
  root: string,
  version: string,
): { readonly dir: string; readonly binary: string } {
  const dir = join(root, `temporal-${version}`);
  return { dir, binary: join(dir, process.platform === 'win32' ? 'temporal.exe' : 'temporal') };
}
