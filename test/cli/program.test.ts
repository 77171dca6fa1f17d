/** What a process of its own has and a run in the test's process has not: a code it exits with, pipes that break, signals. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from '../support/program.ts';
import { testEnv } from '../support/temporal.ts';
import { openBench } from './support.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const bench = openBench();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function program(
  words: readonly string[],
  {
    env = {},
    interruptAt,
    closed = false,
  }: { env?: NodeJS.ProcessEnv; interruptAt?: string; closed?: boolean },
): Promise<Ended> {
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    cwd: ROOT,
    env: testEnv({ NO_COLOR: '', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  if (closed) child.stdout.destroy();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (interruptAt !== undefined && stdout.includes(interruptAt)) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('it exits with the code of the command, whole output first', async () => {
  const wrong = await program(['statsu'], {});
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.equal(wrong.stdout, '');
  assert.match(wrong.stderr, /^cutover: .+\n {2}.+\n$/);
  const asJson = await program(['statsu', '--json'], {});
  assert.equal(asJson.code, 2);
  assert.equal(asJson.stderr, '');
  assert.equal((JSON.parse(asJson.stdout) as { error: { exitCode: number } }).error.exitCode, 2);
});

test('a pipe that is closed early, as by `| head`, ends it quietly', async () => {
  const { code, stderr } = await program(['--help'], { closed: true });
  assert.deepEqual([code, stderr], [0, '']);
});

test('Ctrl-C leaves the switch running: exit 130', async () => {
  const file = await bench.plan('ctrl-c', 'approve: [canary]\n');
  const started = await bench.run(['start', file, '--task-queue', bench.taskQueue]);
  assert.equal(started.code, 0, started.stderr);
  const env = { TEMPORAL_ADDRESS: bench.address };
  const watched = await program(['status', 'ctrl-c', '--watch'], { env, interruptAt: 'waits for' });
  assert.equal(watched.code, 130, watched.stderr);
  assert.equal((await bench.run(['rollback', 'ctrl-c'])).code, 0);
});
