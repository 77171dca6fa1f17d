/**
 * The router Worker as one ES module: bundled, or as the build bundled it.
 *
 * Invariant: a published package never needs esbuild (a dev dependency); a source tree never runs a stale bundle.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../domain/errors.ts';

const isBuilt = import.meta.url.endsWith('.js');
const PREBUILT = new URL('../../../edge/worker.js', import.meta.url);

/** From sources the bundle is made anew; a built package has one. @throws UserError when it is missing there. */
export async function workerScript(): Promise<string> {
  if (!isBuilt) return bundleWorker();
  return readFile(PREBUILT, 'utf8').catch((cause: unknown) => {
    throw new UserError('the bundled edge Worker (dist/edge/worker.js) is missing', {
      hint: 'build the package: npm run build',
      cause,
    });
  });
}

/** Self-contained: it imports nothing of Node. @param outFile where to write it; absent: only returned. */
export async function bundleWorker(outFile?: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [fileURLToPath(new URL(isBuilt ? '../worker.js' : '../worker.ts', import.meta.url))],
    // Names of modules stand in the bundle: the same wherever it is made.
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    ...(outFile === undefined ? {} : { outfile: outFile }),
    write: outFile !== undefined,
    logLevel: 'warning',
  });
  return result.outputFiles?.[0]?.text ?? '';
}
