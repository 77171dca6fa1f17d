/**
 * Runs tests and ends with one plain line, `N passed, N failed`, which CI reads. A test that fails has failed: nothing is tried again.
 * Usage: `main.ts [--lane main|system|crash|providers] [words…]`: files whose path holds one of the words, or all of the lane.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { sharedServer } from '../../test/support/temporal.ts';
import { allFiles, groupsOf, type TestFile } from './files.ts';
import { presentPeers } from './peers.ts';
import { providerReport } from './provider-report.ts';
import { runGroup, type FileResult } from './run-group.ts';

/** Tests of the command line and of the package run what users run, and are told that it is fresh. */
const OF_THE_BUILD = ['test/cli/', 'test/e2e/', 'test/package/', 'test/crash/'];
const SLOWEST = 10;

const words = process.argv.slice(2);
const lane = words[0] === '--lane' ? words.splice(0, 2)[1] : null;
const results: FileResult[] = [];
const startedMs = Date.now();

const chosen = choose(allFiles());
const present = await presentPeers(chosen.flatMap(({ peer }) => peer ?? []));
const paths = chosen.filter(({ peer }) => peer === null || present.has(peer)).map(({ path }) => path);
if (paths.length > 0) {
  const needsBuild = paths.some((path) => OF_THE_BUILD.some((prefix) => path.startsWith(prefix)));
  if (needsBuild) buildOnce();
  // One server and one bundle for the whole run: children find the address in the environment.
  else await (await import('../../test/support/bundle.ts')).cachedBundle();
  await sharedServer();
  const { together, alone } = groupsOf(paths);
  // More than there are cores: tests of switches wait for the server half of their time, those of providers for their peers most of it.
  await runAll(together, availableParallelism() + (lane === 'providers' ? 3 : 1));
  await runAll(alone, 1);
}
process.exit(summary());

function choose(all: readonly TestFile[]): readonly TestFile[] {
  const isShown = lane === 'providers' && words.length === 0;
  const ofLane = all.filter((file) => file.lane === (lane ?? 'main') || (isShown && file.isOfProviders));
  if (words.length === 0) return ofLane;
  // A file named outright runs in whatever lane it is.
  const among = lane === null ? all : ofLane;
  return among.filter(({ path, peer }) =>
    words.some((word) => (lane === 'providers' ? peer === word : path.includes(word))),
  );
}

function buildOnce(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  process.env['CUTOVER_TEST_BUILT'] = '1';
}

async function runAll(groups: readonly (readonly string[])[], atOnce: number): Promise<void> {
  const left = [...groups];
  const work = async (): Promise<void> => {
    for (let group = left.shift(); group !== undefined; group = left.shift()) {
      await runGroup(group, tell);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function tell(result: FileResult): void {
  results.push(result);
  const { file, ms, cpuMs, passed, failed, output } = result;
  const isGood = failed.length === 0;
  line(
    `${isGood ? '✔' : '✖'} ${file} (${passed}${isGood ? '' : ` passed, ${failed.length} failed`}, ${seconds(ms)}, ${seconds(cpuMs)} of CPU)`,
  );
  for (const { name, text } of failed) line(indent(`✖ ${name}\n${indent(text)}`));
  if (!isGood && output.trim() !== '') line(indent(`what it wrote last:\n${indent(output.trim())}`));
}

function summary(): number {
  const sum = (of: (result: FileResult) => number): number =>
    results.reduce((total, one) => total + of(one), 0);
  const slow = results.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  line(
    `\n${lane ?? 'main'} lane: ${seconds(Date.now() - startedMs)}; slowest files:\n${slow.map(({ file, ms }) => `  ${seconds(ms).padStart(7)} ${file}`).join('\n')}`,
  );
  for (const { file, skipped } of results)
    for (const { name, why } of skipped) line(`skipped: ${file}: ${name}${why === '' ? '' : ` (${why})`}`);
  if (lane === 'providers') for (const row of providerReport(results)) line(row);
  const broken = results.filter(({ failed }) => failed.length > 0);
  for (const { file, failed } of broken) for (const { name } of failed) line(`failed: ${file}: ${name}`);
  const [passed, failed] = [sum((one) => one.passed), sum((one) => one.failed.length)];
  const skipped = sum((one) => one.skipped.length);
  line(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  // A lane whose peers are all absent has said so.
  return failed > 0 || (passed === 0 && paths.length === chosen.length) ? 1 : 0;
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
