/** `rehearse` as a newcomer types it: in an empty folder, or where neither home nor folder can be written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findTemporalBinary } from '../../src/embedded/find-binary.ts';
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
telemetry: duckdb
queue: none
probes: { set: ${path.join(ROOT, 'examples/docs-rag/probes')} }
shadow: { replay: 0 }
`,
  );
});
after(() => rm(dir, { recursive: true, force: true }));

async function rehearse(cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [...WORDS, 'rehearse', plan], {
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
