/** What the plan tests share: the corpus in `files/` and the lines a bad plan is answered with. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPlan, type LoadedPlan } from '../../src/plan/load.ts';
import { PlanError } from '../../src/plan/errors.ts';

export const FILES = fileURLToPath(new URL('files/', import.meta.url));

export function corpus(prefix = ''): string[] {
  return readdirSync(FILES).filter((name) => name.endsWith('.yaml') && name.startsWith(prefix));
}

export function read(name: string): string {
  return readFileSync(path.join(FILES, name), 'utf8');
}

export function loadText(text: string): Promise<LoadedPlan> {
  return loadPlan({ text }, { cwd: FILES });
}

/** The error lines of a plan; none when it loads. Absolute paths are cut, so that they are the same everywhere. */
export async function linesOf(source: string | { text: string }): Promise<string[]> {
  try {
    await loadPlan(source, { cwd: FILES });
    return [];
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.message.replaceAll(FILES, '').split('\n');
  }
}

export const MINIMAL = read('ok-minimal.yaml');
