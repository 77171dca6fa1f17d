/**
 * Runs the test suites and ends with one plain line, `N passed, N failed`, which CI reads.
 * Usage: node scripts/test.mjs [--suite main|crash] [files…]. The main suite is everything but test/crash.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const args = process.argv.slice(2);
const suite = args[0] === '--suite' ? args.splice(0, 2)[1] : 'main';
const all = walk('test').filter((file) => file.endsWith('.test.ts'));
const files =
  args.length > 0
    ? args
    : all.filter((file) => file.startsWith(join('test', 'crash')) === (suite === 'crash'));

// Suites that measure time or run a whole stack under traffic run alone; the rest share the two cores.
const ALONE = ['test/e2e/', 'test/crash/', 'test/examples/stack'];
const alone = files.filter((file) => ALONE.some((prefix) => file.startsWith(prefix)));
const together = files.filter((file) => !alone.includes(file));

const totals = { pass: 0, fail: 0, skipped: 0 };
let broken = false;
const failedFiles = new Set();
let failing = false;
// Tests of the command line and of the package run what users run, and are told that it is fresh.
const OF_THE_BUILD = ['test/cli/', 'test/e2e/', 'test/package/'];
if (files.some((file) => OF_THE_BUILD.some((prefix) => file.startsWith(prefix)))) buildOnce();
if (together.length > 0) await run(together, 2);
if (alone.length > 0) await run(alone, 1);
if (failedFiles.size > 0) await again([...failedFiles]);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
process.stdout.write(`\n${totals.pass} passed, ${totals.fail} failed${skipped}\n`);
process.exit(totals.fail > 0 || broken || totals.pass === 0 ? 1 : 0);

function buildOnce() {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  process.env.CUTOVER_TEST_BUILT = '1';
}

/**
 * Runs the files that failed once more, each alone: real servers on a busy machine miss a deadline now and then. A second failure
 * stands, and what passed only at the second try is named.
 */
async function again(list) {
  process.stdout.write(`\nonce more, alone: ${list.join(', ')}\n`);
  const first = { ...totals };
  Object.assign(totals, { pass: 0, fail: 0, skipped: 0 });
  broken = false;
  failedFiles.clear();
  await run(list, 1);
  const recovered = Math.max(0, first.fail - totals.fail);
  if (recovered > 0) process.stdout.write(`${recovered} passed only at the second try\n`);
  Object.assign(totals, { pass: first.pass + recovered, fail: totals.fail, skipped: first.skipped });
}

function run(list, concurrency) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, '--test-reporter=tap', ...list],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } },
    );
    let rest = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    child.on('close', (code) => {
      if (code !== 0) broken = true;
      resolve();
    });
  });
}

function take(line) {
  if (line.trimStart().startsWith('not ok ')) failing = true;
  if (failing && line.includes('location: ')) {
    for (const file of filesOf(line)) failedFiles.add(file);
    failing = false;
  }
  const total = /^# (pass|fail|skipped|cancelled) (\d+)$/.exec(line);
  if (total !== null) {
    const [, name, count] = total;
    if (name === 'pass') totals.pass += Number(count);
    else if (name === 'skipped') totals.skipped += Number(count);
    else totals.fail += Number(count);
    return;
  }
  // Passing leaves are counted, not printed; failures are printed with their details.
  if (line.trimStart().startsWith('ok ')) {
    if (line.startsWith('ok ')) process.stdout.write(`${line.replace(/^ok \d+ - /, '✔ ')}\n`);
    return;
  }
  if (/^\s*(#|1\.\.|TAP|---|\.\.\.|duration_ms|type:|# tests|# suites|# todo|# duration)/.test(line)) return;
  process.stdout.write(`${line}\n`);
}

/** The suites that a failure's location belongs to; a test written in a shared file belongs to those that import it. */
function filesOf(location) {
  const file = files.find((one) => location.includes(`/${one}:`));
  if (file !== undefined) return [file];
  const shared = /([^/]+\.ts):/.exec(location)?.[1];
  return shared === undefined ? [] : files.filter((one) => readFileSync(one, 'utf8').includes(`/${shared}'`));
}

function walk(dir) {
  return readdirSync(dir)
    .flatMap((name) => {
      const path = join(dir, name);
      return statSync(path).isDirectory() ? walk(path) : [path];
    })
    .sort((a, b) => a.localeCompare(b));
}
