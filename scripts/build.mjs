/**
 * Builds what the package runs from: compiled sources, the workflow bundle, and the edge Worker for workerd.
 * Invariant: the workflow bundle holds no zod and no Node built-in and stays small; a build that would break that fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;

/** Issue 3: at most 800 KB without its source map; the SDK alone is about 500 KB. */
const MAX_BUNDLE_BYTES = 800 * 1024;
const FORBIDDEN = [
  /node_modules\/zod\//,
  /require\("(?:node:)?(?:fs|crypto|net|http|https|path|os|child_process)"\)/,
];

await rm(dist, { recursive: true, force: true });
compile();
await mkdir(`${dist}/edge`, { recursive: true });
await bundleEdge();
await bundleWorkflows();

function compile() {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
    /package\.json$/,
    'bin/tsc',
  );
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundleEdge() {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [`${root}src/edge/worker.ts`],
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    banner: { js: '// cutover edge worker bundle' },
    outfile: `${dist}/edge/worker.js`,
    logLevel: 'warning',
  });
}

async function bundleWorkflows() {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${dist}/src/workflows/index.js`,
    logger: quiet,
  });
  const bare = code.replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const held = FORBIDDEN.find((pattern) => pattern.test(bare));
  if (held !== undefined) throw new Error(`the workflow bundle holds what its sandbox must not: ${held}`);
  if (bare.length > MAX_BUNDLE_BYTES) {
    throw new Error(`the workflow bundle has ${bare.length} bytes, more than ${MAX_BUNDLE_BYTES}`);
  }
  await writeFile(`${dist}/workflow-bundle.js`, code);
}
