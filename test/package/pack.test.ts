/** The packed tarball in an empty folder: what users install is what is tested. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { expressColor, makeColor } from '../../kits/color/typescript/color.ts';
import { httpServer } from '../probes/servers.ts';
import { installPacked } from './packed.ts';

const run = promisify(execFile);
let folder = '';

before(async () => {
  folder = await installPacked();
});

after(() => rm(folder, { recursive: true, force: true }));

test('publint finds nothing wrong with what is packed', async () => {
  const { messages } = await publint({ pkgDir: join(folder, 'node_modules', 'cutover'), pack: false });
  assert.deepEqual(messages, []);
});

test('npx cutover says its version and its commands', async () => {
  const { stdout } = await run('npx', ['cutover', '--version'], { cwd: folder });
  assert.match(stdout, /^\S*0\.1\.0/);
  assert.match((await run('npx', ['cutover', '--help'], { cwd: folder })).stdout, /rollback/);
});

test('npx cutover demo names the packages it runs on and the command that installs them', async () => {
  const { stdout } = await run('npx', ['cutover', 'demo', '--help'], { cwd: folder });
  assert.match(stdout, /bad-index, near-miss/);
  const failed = await run('npx', ['cutover', 'demo', '--json'], { cwd: folder }).then(
    () => null,
    (error: { code: number; stdout: string }) => error,
  );
  assert.equal(failed?.code, 2);
  const { error } = JSON.parse(failed.stdout) as { error: { message: string; hint: string } };
  assert.match(error.message, /^the demo runs on \d+ packages that are not installed here$/);
  assert.match(error.hint, /^npm install (\S+@\d\S* ?)+$/);
  assert.match(error.hint, /miniflare@/);
  assert.doesNotMatch(error.hint, /zod|yaml/);
});

test('every subpath can be imported and holds what its name says', async () => {
  const code = `
    const [root, client, worker, edge, provider, conformance] = await Promise.all(
      ['cutover', 'cutover/client', 'cutover/worker', 'cutover/edge', 'cutover/provider', 'cutover/conformance'].map((name) => import(name)));
    console.log(JSON.stringify({
      root: typeof root.loadPlan, client: typeof client.startSwitch, worker: typeof worker.runWorker,
      edge: typeof edge.assertWritable, provider: typeof provider.defineProvider,
      conformance: typeof conformance.storePortSuite }));
    process.exit(0);`;
  await writeFile(join(folder, 'use.js'), code);
  const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder });
  const kinds: Record<string, string> = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  assert.deepEqual(new Set(Object.values(kinds)), new Set(['function']));
});

test('a plan is checked with line and column', async () => {
  await writeFile(join(folder, 'cutover.yaml'), 'service: x\nentry: http://127.0.0.1:1\nrmap: [5]\n');
  const failed = await run('npx', ['cutover', 'plan', 'validate', 'cutover.yaml'], { cwd: folder }).then(
    () => null,
    (error: { code: number; stderr: string; stdout: string }) => error,
  );
  assert.equal(failed?.code, 2);
  assert.match(`${failed?.stderr}${failed?.stdout}`, /cutover\.yaml:3:1.*rmap/);
});

test('npx cutover init writes a plan that is valid, with every file of the kit', async (t) => {
  const answer = {
    answer: 'Within five days.',
    retrieved: [{ section_id: 's1', text: 'Paid in five days.' }],
  };
  const start = (color: 'blue' | 'green'): Promise<string> => {
    const index = { name: 'docs', INDEX_HASH: color, metric: 'cosine', analyzer: 'std', embedModel: 'words' };
    const stub = expressColor(
      makeColor({ service: 'docs', color, release: color, index: { ...index, reranker: 'none' } }),
    );
    return httpServer(t, (request, response) =>
      stub(request, response, () => response.end(JSON.stringify(answer))),
    );
  };
  const urls = ['--blue', await start('blue'), '--green', await start('green')];
  for (const [platform, edge] of [
    ['self-hosted', ['Dockerfile', 'docker-compose.yml', 'haproxy.cfg', 'k8s', 'package.json', 'run.sh']],
    ['cloudflare', ['package.json', 'worker.js', 'wrangler.jsonc']],
  ] as const) {
    const words = ['cutover', 'init', platform, '--yes', '--platform', platform, '--stack', 'fetch', ...urls];
    await run('npx', words, { cwd: folder });
    assert.deepEqual((await readdir(join(folder, platform, 'edge'))).toSorted(), edge);
    const color = await readFile(join(folder, platform, 'color', 'cutover-color.mjs'), 'utf8');
    assert.match(color, /export function makeColor/);
    const plan = ['cutover', 'plan', 'validate', join(platform, 'cutover.yaml')];
    assert.match((await run('npx', plan, { cwd: folder })).stdout, /valid/);
  }
});

test('the package carries the workflow bundle, the edge Worker, the schema and the sample', async () => {
  const root = join(folder, 'node_modules', 'cutover');
  const { stdout } = await run('find', [root, '-name', '*.js', '-path', '*dist*', '-maxdepth', '3'], {
    cwd: folder,
  });
  assert.match(stdout, /workflow-bundle\.js/);
  assert.match(stdout, /edge\/worker\.js/);
  assert.ok((await readdir(join(root, 'schema'))).includes('cutover.schema.json'));
  assert.ok((await readdir(join(root, 'examples/docs-rag/probes'))).includes('probes.jsonl'));
});
