/** `rehearse` as a newcomer types it: in an empty folder, or where neither home nor folder can be written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import { PROGRAM } from '../support/program.ts';
import { testEnv } from '../support/temporal.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// A loader by its bare name would be looked for in the folder that the command runs in.
const WORDS = PROGRAM.map((word) => (word === 'tsx' ? import.meta.resolve('tsx') : word));

let dir = '';
let plan = '';
let binary = '';
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cutover-rehearse-'));
  plan = path.join(dir, 'cutover.yaml');
  binary = (await findTemporalBinary()).path;
  await writeFile(
    plan,
    `service: docs-rag
entry: { eu-west: http://127.0.0.1:8787 }
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: cloudflare
telemetry: { use: duckdb, path: ./edge.ndjson }
queue: none
probes: { set: ${path.join(ROOT, 'examples/docs-rag/probes')} }
shadow: { replay: 0 }
hold: { peak: none }
`,
  );
});
after(() => rm(dir, { recursive: true, force: true }));

async function rehearse(
  cwd: string,
  env: NodeJS.ProcessEnv,
  file = plan,
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [...WORDS, 'rehearse', file], {
    cwd,
    env: { ...testEnv({ NO_COLOR: '1', CUTOVER_TEMPORAL_CLI: binary }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, text };
}

describe('rehearse (A9)', () => {
  it('works in an empty folder (A9)', async () => {
    const empty = await mkdtemp(path.join(dir, 'empty-'));
    const { code, text } = await rehearse(empty, {});
    assert.match(text, /Rehearsed: the switch /);
    assert.ok(code === 0 || code === 5, `exit ${code}: ${text}`);
    assert.doesNotMatch(text, /ENOENT|cannot be written/);
    // Its server has ended with it: an address would lead nowhere.
    assert.doesNotMatch(text, /Temporal UI/);
    assert.match(text, /--keep leaves it up/);
  });

  it('of a plan that names neither queue nor cache completes unattended, from an empty folder (A5)', async () => {
    const [home, empty] = await Promise.all(['home-', 'empty-'].map((name) => mkdtemp(path.join(dir, name))));
    assert.ok(home !== undefined && empty !== undefined);
    for (const folder of ['probes', 'corpus'])
      await symlink(path.join(ROOT, 'examples/docs-rag', folder), path.join(home, folder));
    const file = path.join(home, 'cutover.yaml');
    await copyFile(path.join(ROOT, 'test/cli/no-queue.yaml'), file);
    const { code, text } = await rehearse(empty, {}, file);
    assert.equal(code, 0, text);
    assert.match(text, /Rehearsed: the switch completed\./);
    assert.match(text, /Every port was simulated: .*none of the plan's providers was asked\./);
    assert.doesNotMatch(text, /drained|stragglers|undo registered: jobs|waits for/);
  });

  it(
    'works where neither the home nor the folder can be written, and says where its files are (A9)',
    { skip: process.platform !== 'linux' },
    async () => {
      const { code, text } = await rehearse('/sys', { HOME: '/sys', XDG_CACHE_HOME: '/sys' });
      assert.match(text, /\/sys\/\.cutover cannot be written \(E\w+\): this run is kept in /);
      assert.match(text, /Rehearsed: the switch /);
      assert.ok(code === 0 || code === 5, `exit ${code}: ${text}`);
    },
  );
});
