/**
 * Finds the bundled router Worker, or bundles it.
 *
 * Invariant: a published package never needs esbuild (a dev dependency); a source tree never runs a stale bundle.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../domain/errors.ts';

/** @returns the Worker as one ES module. */
export async function workerScript(): Promise<string> {
  const source = fileURLToPath(new URL('../worker.ts', import.meta.url));
  // From sources the bundle is always made anew; in a published package only the prebuilt one exists.
  if (existsSync(source)) return await bundleWorker();
  const candidates = ['../worker.js', '../../../edge/worker.js'];
  for (const candidate of candidates) {
    const file = fileURLToPath(new URL(candidate, import.meta.url));
    if (existsSync(file)) {
      const text = await readFile(file, 'utf8');
      if (text.startsWith(BUNDLE_MARK)) return text;
    }
  }
  throw new UserError('the bundled edge Worker (dist/edge/worker.js) is missing', {
    hint: 'build the package: npm run build',
  });
}

/** First line of a bundle; tells it from the compiled but unbundled module of the same name. */
const BUNDLE_MARK = '// cutover edge worker bundle';

/** @param outFile where to write it; absent: only returned. */
export async function bundleWorker(outFile?: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../worker.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    banner: { js: BUNDLE_MARK },
    ...(outFile === undefined ? {} : { outfile: outFile }),
    write: outFile !== undefined,
    logLevel: 'silent',
  });
  return result.outputFiles?.[0]?.text ?? '';
}
