/**
 * A provider of each port as a stranger would write it: plain JavaScript in an empty folder with the packed tarball, from the docs alone
 * (the queue is the page's own example). Each passes its suite, and a real switch of a plan that names them all completes.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { BUILT_IN_GATES } from '../../src/domain/gate.ts';
import { PORT_NAMES } from '../../src/ports/index.ts';
import { sharedServer, testEnv } from '../support/temporal.ts';
import { installPacked } from './packed.ts';
import { BREAKS } from './stranger-breaks.ts';

const run = promisify(execFile);
const PAGE = new URL('../../docs/write-a-provider.md', import.meta.url);
/** Nobody can take an answer away from the broker of the page; the gate sends no headers, and measures in memory. */
const SKIPPED = [
  'the environment has no options for `gone`',
  'the environment has no options for `too-few`',
  'the environment offers no `loseAnswer`',
  'the environment offers no `secret`',
  'the environment offers no `secret`',
];

/** `edge` is store, router and traffic in one. */
const PORTS = PORT_NAMES.filter((port) => port !== 'edge');

let folder = '';
let worker: ChildProcess | undefined;

before(async () => {
  folder = await installPacked();
  await cp(new URL('stranger', import.meta.url), folder, { recursive: true });
  for (const [, name = '', code = ''] of (await readFile(PAGE, 'utf8')).matchAll(
    /```js\n\/\/ (\S+)\n([\s\S]*?)```/g,
  ))
    await writeFile(join(folder, name), code);
  const plan = join(folder, 'cutover.yaml');
  await writeFile(plan, (await readFile(plan, 'utf8')).replace('ALL_BUILT_IN', BUILT_IN_GATES.join(', ')));
});

after(async () => {
  if (worker !== undefined && worker.exitCode === null) {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

void describe('providers of a stranger', () => {
  void it('each passes the suite of its port, and says which rules its environment cannot show', async () => {
    const stdout = await suites(folder);
    assert.doesNotMatch(stdout, /^ *not ok/m, stdout.match(/^ *not ok[\s\S]{0,1500}/m)?.[0]);
    const names = [...stdout.matchAll(/^# Subtest: \w+: (my-\w+)/gm)].map(([, name = '']) => name);
    assert.deepEqual(names.toSorted(), PORTS.map((port) => `my-${port}`).toSorted());
    const skipped = [...stdout.matchAll(/# SKIP (.*)$/gm)].map(([, why = '']) => why);
    assert.deepEqual(skipped.toSorted(), SKIPPED);
  });

  for (const { what, file, changes, rule } of BREAKS) {
    void it(`one that ${what} ${rule === null ? 'passes' : 'is found out'}`, async () => {
      const broken = await mkdtemp(join(folder, 'broken-'));
      for (const name of (await readdir(folder)).filter((one) => one.endsWith('.js')))
        await cp(join(folder, name), join(broken, name));
      let code = await readFile(join(broken, file), 'utf8');
      for (const [from, to] of changes) {
        assert.ok(code.includes(from), `${file} has no ${from}`);
        code = code.replace(from, to);
      }
      await writeFile(join(broken, file), code);
      const failed = [...(await suites(broken, '--test-force-exit')).matchAll(/^ {4}not ok \d+ - (.*)$/gm)];
      const titles = failed.map(([, title = '']) => title);
      if (rule === null) assert.deepEqual(titles, []);
      else
        assert.ok(
          titles.some((title) => title.startsWith(rule)),
          `failed instead: ${titles.join('; ')}`,
        );
    });
  }

  void it('say of themselves what a plan may write and a worker needs, and the command line reads it', async () => {
    const cutover = join(folder, 'node_modules/cutover/bin/cutover.js');
    const env = { ...plainEnv(), TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const said = async (...words: string[]): Promise<string> => {
      const ended = run(process.execPath, [cutover, ...words], { cwd: folder, env });
      const { stdout, stderr } = await ended.catch(
        (error: unknown) => error as { stdout: string; stderr: string },
      );
      return stdout + stderr;
    };
    const plan = await readFile(join(folder, 'cutover.yaml'), 'utf8');
    await writeFile(join(folder, 'wrong.yaml'), plan.replace('room: main', 'rom: 7'));
    const line = plan.split('\n').findIndex((one) => one.includes('room: main')) + 1;
    const wrong = await said('plan', 'validate', 'wrong.yaml');
    assert.match(
      wrong,
      new RegExp(`wrong\\.yaml:${line}:\\d+ queue\\.rom: is not a known field; did you mean room\\?`),
    );
    assert.match(await said('doctor', 'cutover.yaml'), /MY_BROKER_TOKEN +not set here \(opens the broker\)/);
  });

  void it('serve a whole switch of a plan that names them all, with no provider of ours', async () => {
    const server = await sharedServer();
    const env = { ...plainEnv(), TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
    const queue = ['--task-queue', `stranger-${process.pid}`];
    const cutover = join(folder, 'node_modules/cutover/bin/cutover.js');
    await run(process.execPath, [cutover, 'plan', 'validate', 'cutover.yaml'], { cwd: folder, env });
    worker = spawn(process.execPath, [cutover, 'worker', ...queue], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await lineOf(worker, /worker ready/);
    const start = spawn(
      process.execPath,
      [cutover, 'start', 'cutover.yaml', '--wait', '--by', 'ana', ...queue],
      { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = lineOf(start, /COMPLETED|REFUSED|ROLLED BACK/);
    await lineOf(start, /waits.*decommission|decommission.*waits/);
    await run(process.execPath, [cutover, 'approve', 'docs', '--by', 'bo'], { cwd: folder, env });
    assert.match(await ended, /COMPLETED; report .*report\.md/);
    const used = JSON.parse(await readFile(join(folder, 'used.json'), 'utf8')) as readonly string[];
    // The queue is the page's own and writes nothing down: the flip has waited for it.
    assert.deepEqual([...used, 'queue'].toSorted(), PORTS.toSorted());
    assert.match(seen.join('\n'), /queue drained/);
  });
});

/** What `node --test` says of all suites in a folder, as TAP. */
async function suites(cwd: string, ...flags: readonly string[]): Promise<string> {
  const files = ['ports.test.js', 'my-queue.test.js'];
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', ...flags, ...files], {
    cwd,
    env: plainEnv(),
  }).catch((error: { stdout: string }) => error);
  return stdout;
}

const seen: string[] = [];

/** The first line that a program prints which says this; fails when it ends without. */
async function lineOf({ stdout }: ChildProcess, what: RegExp): Promise<string> {
  assert.ok(stdout);
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      seen.push(line);
      if (what.test(line)) resolve(line);
    });
    lines.on('close', () => reject(new Error(`it never said ${String(what)}:\n${seen.join('\n')}`)));
  });
}

/** Of this process' own test runner and Temporal nothing is handed on. */
function plainEnv(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = testEnv();
  return env;
}
