/**
 * Builds what the package runs from: compiled sources, the workflow bundle, and the edge Worker for workerd.
 * Invariant: the workflow bundle holds no zod and no Node built-in and stays small; a build that would break that fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;
/** Built beside it and swapped in whole: a demo that runs from `dist` still loads from there. */
const fresh = `${root}dist.new-${process.pid}`;

/** At most 820 KB without its source map; the SDK alone is about 500 KB. */
const MAX_BUNDLE_BYTES = 820 * 1024;
const FORBIDDEN = [
  /node_modules\/zod\//,
  /require\("(?:node:)?(?:fs|crypto|net|http|https|path|os|child_process)"\)/,
];

try {
  compile();
  await mkdir(`${fresh}/edge`, { recursive: true });
  await bundleEdge();
  await bundleWorkflows();
  await swapIn();
} finally {
  await rm(fresh, { recursive: true, force: true });
}

/** Two renames. Of two builds that end at once the later one stays. */
async function swapIn() {
  const old = `${root}dist.old-${process.pid}`;
  for (let attempt = 1; ; attempt += 1) {
    await rename(dist, old).catch((cause) => {
      if (cause.code !== 'ENOENT') throw cause;
    });
    try {
      await rename(fresh, dist);
      break;
    } catch (cause) {
      if (attempt === 10) throw cause;
      await rm(old, { recursive: true, force: true });
    }
  }
  await rm(old, { recursive: true, force: true });
}

function compile() {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
    /package\.json$/,
    'bin/tsc',
  );
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the sources do not compile');
}

async function bundleEdge() {
  const { bundleWorker } = await import(`${fresh}/src/edge/local/bundle.js`);
  await bundleWorker(`${fresh}/edge/worker.js`);
}

async function bundleWorkflows() {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${fresh}/src/workflows/index.js`,
    logger: quiet,
  });
  const bare = code.replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const held = FORBIDDEN.find((pattern) => pattern.test(bare));
  if (held !== undefined) throw new Error(`the workflow bundle holds what its sandbox must not: ${held}`);
  if (bare.length > MAX_BUNDLE_BYTES) {
    throw new Error(`the workflow bundle has ${bare.length} bytes, more than ${MAX_BUNDLE_BYTES}`);
  }
  await writeFile(`${fresh}/workflow-bundle.js`, code.replaceAll(basename(fresh), 'dist'));
}
