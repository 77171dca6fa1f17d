/**
 * The workflow bundle, made once for many test processes: bundling takes seconds. A run that has built the package takes the
 * package's own.
 * Invariant: a cached bundle is found only by the content of every source it was made from.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { IS_BUILT } from './program.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** @returns path of the bundle's code, source map included */
export async function cachedBundle(): Promise<string> {
  if (IS_BUILT) return join(SRC, '..', 'dist', 'workflow-bundle.js');
  const hash = createHash('sha256').update(process.version);
  for (const folder of ['workflows', 'domain', 'board', 'activities']) {
    for (const file of readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (file.endsWith('.ts')) hash.update(file).update(readFileSync(join(SRC, folder, file)));
    }
  }
  const folder = join(tmpdir(), `cutover-test-bundles-${process.getuid?.() ?? 0}`);
  const path = join(folder, `${hash.digest('hex').slice(0, 16)}.js`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(SRC, 'workflows', 'index.ts'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, code);
  renameSync(partial, path);
  return path;
}

/** The same for workers in this process, made quick. */
export async function quickBundle(): Promise<{ readonly code: string }> {
  return quick(readFileSync(await cachedBundle(), 'utf8'));
}

/**
 * Without the stack that the SDK keeps of every promise, a quarter of a workflow's time. Set CUTOVER_TEST_STACKS=1 to see where an error
 * of a workflow came from.
 */
export function quick(code: string): { readonly code: string } {
  return { code: process.env['CUTOVER_TEST_STACKS'] === '1' ? code : `Error.stackTraceLimit = 0;\n${code}` };
}
