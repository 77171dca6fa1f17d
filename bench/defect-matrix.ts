/**
 * The defect matrix: every defect of the sample service against the gate that must catch it, each run a real switch under traffic.
 * Run: npm run defects -- [--runs 10] [--case name]… [--resume] [--write]. Exits 1 if one run did not end as it must.
 *
 * Finished runs are lines of `.cutover/defects/results.ndjson`; `--resume` goes on where a matrix was broken off, `--write` makes docs/defects.md.
 * One stack serves the runs of a case as long as each brings its users back and loses nothing; a case never meets what another left behind.
 */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { startStack, type Stack } from '../examples/docs-rag/stack.ts';
import { connect } from '../src/client/connect.ts';
import type { SwitchHandle } from '../src/client/start.ts';
import { performSwitch, REGIONS, startWorker } from '../examples/docs-rag/demo/switch.ts';
import type { TemporalServer } from '../src/dev-server/server.ts';
import { startTemporalServer } from '../src/dev-server/temporal-server.ts';
import { CASES, type DefectCase } from './defects/cases.ts';
import {
  endingOf,
  highestPercent,
  lastStage,
  secondsOf,
  verdictIn,
  type DefectRun,
} from './defects/result.ts';
import { isClean, page, table, tally } from './defects/table.ts';

/** A healthy switch takes a minute and a half; one that stands still must not hold up the matrix. */
const LIMIT_MS = 5 * 60_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    case: { type: 'string', multiple: true, default: CASES.map(({ name }) => name) },
    resume: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const unknown = values.case.filter((name) => !CASES.some((one) => one.name === name));
const wanted = Number(values.runs);
if (unknown.length > 0 || !Number.isSafeInteger(wanted) || wanted < 0) {
  process.stderr.write(
    `no such case: ${unknown.join(', ') || '–'}; there are ${CASES.map(({ name }) => name).join(', ')}. --runs takes a whole number.\n`,
  );
  process.exit(2);
}

const dir = resolve('.cutover', 'defects');
const results = join(dir, 'results.ndjson');
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** A stack with the worker that knows its addresses and secrets. */
interface Bench {
  readonly dir: string;
  readonly stack: Stack;
  readonly close: () => Promise<void>;
}

async function open(temporal: TemporalServer, name: string): Promise<Bench> {
  const at = join(dir, `bench-${name}`);
  await rm(at, { recursive: true, force: true });
  const stack = await startStack({ dir: join(at, 'stack'), regions: REGIONS });
  const worker = await startWorker(at, stack, temporal).catch(async (cause: unknown) => {
    await stack.close();
    throw cause;
  });
  const close = async (): Promise<void> => {
    await worker.close();
    await stack.close();
    await rm(at, { recursive: true, force: true });
  };
  return { dir: at, stack, close };
}

function runDirOf(benchDir: string, run: number): string {
  return join(benchDir, `run-${run}`);
}

/** Plan and evidence of a run are kept only where somebody will want to know why. */
async function tidy({ dir: at }: Bench, defect: DefectCase, run: DefectRun): Promise<void> {
  const from = runDirOf(at, run.run);
  if (endingOf(defect, run).asExpected && run.ledger.ok) return rm(from, { recursive: true, force: true });
  const to = join(dir, 'kept', `${defect.name}-${run.run}`);
  await rm(to, { recursive: true, force: true });
  await mkdir(join(dir, 'kept'), { recursive: true });
  await rename(from, to).catch(() => undefined);
}

/** One switch under one defect. */
async function once(
  client: Client,
  { stack, dir: at }: Bench,
  defect: DefectCase,
  run: number,
): Promise<DefectRun> {
  const startedMs = Date.now();
  const before = (await stack.traffic.stats()).byColor.green;
  let handle: SwitchHandle | undefined;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  const head = { case: defect.name, run, at: new Date(startedMs).toISOString() };
  const seconds = (): number => Math.round((Date.now() - startedMs) / 100) / 10;
  try {
    const performing = performSwitch({
      dir: runDirOf(at, run),
      stack,
      client,
      fault: defect.fault,
      whenAsked: 'roll back',
      out: () => undefined,
      onStarted: (started) => void (handle = started),
    });
    performing.catch(() => undefined);
    const { outcome, events, asked, ledger } = await Promise.race([performing, limit]);
    const answers = (await stack.traffic.stats()).byColor.green - before;
    await stack.setFault('none');
    return {
      ...head,
      outcome: outcome.kind,
      gate: outcome.kind === 'rolled-back' ? outcome.gate : null,
      reason:
        outcome.kind === 'rolled-back'
          ? outcome.reason
          : outcome.kind === 'refused'
            ? outcome.findings.map((one) => `${one.code}: ${one.message}`).join('; ')
            : '',
      verdict: verdictIn(events),
      stage: lastStage(events),
      asked,
      users: { percent: highestPercent(events), answers },
      ledger: {
        ok: ledger.ok,
        wrong: ledger.checks.filter((one) => !one.ok).map((one) => `${one.name}: ${one.detail}`),
      },
      switchSeconds: secondsOf(events),
      seconds: seconds(),
    };
  } catch (cause) {
    await handle?.terminate('the defect matrix gave it up').catch(() => undefined);
    return {
      ...head,
      outcome: 'broken off',
      gate: null,
      reason: cause instanceof Error ? cause.message : String(cause),
      verdict: null,
      stage: 'preflight',
      asked: [],
      users: { percent: 0, answers: 0 },
      ledger: { ok: false, wrong: ['not checked'] },
      switchSeconds: 0,
      seconds: seconds(),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Users are back on `from`, and nothing was lost that a later check would find again. */
async function isAsBefore({ stack }: Bench, run: DefectRun): Promise<boolean> {
  if (run.outcome !== 'rolled-back' || !run.ledger.ok) return false;
  const config = await stack.edgeConfig().catch(() => null);
  return config !== null && config.weightPercent === 0;
}

async function recorded(): Promise<DefectRun[]> {
  if (!existsSync(results)) return [];
  const lines = (await readFile(results, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as DefectRun);
}

async function perform(): Promise<void> {
  const done = await recorded();
  const left = CASES.filter(({ name }) => values.case.includes(name)).map((defect) => ({
    defect,
    had: done.filter((run) => run.case === defect.name).length,
  }));
  if (left.every(({ had }) => had >= wanted)) return;
  const dbFile = join(dir, 'temporal.db');
  for (const suffix of ['', '-wal', '-shm']) await rm(`${dbFile}${suffix}`, { force: true });
  const temporal = await startTemporalServer({ dbFile, headless: true });
  const connected = await connect(temporal);
  let bench: Bench | null = null;
  try {
    for (const { defect, had } of left) {
      for (let run = had + 1; run <= wanted; run += 1) {
        bench ??= await open(temporal, `${defect.name}-${run}`);
        const result = await once(connected.client, bench, defect, run);
        await appendFile(results, `${JSON.stringify(result)}\n`);
        report(defect, result);
        await tidy(bench, defect, result);
        if (await isAsBefore(bench, result)) continue;
        await bench.close();
        bench = null;
      }
      await bench?.close();
      bench = null;
    }
  } finally {
    await bench?.close();
    await connected.close();
    await temporal.close();
  }
}

function report(defect: DefectCase, run: DefectRun): void {
  const { asExpected, words } = endingOf(defect, run);
  const { verdict } = run;
  const look =
    verdict === null
      ? ''
      : `, look ${verdict.look} of ${verdict.planned} of ${verdict.step}${verdict.extension > 0 ? `, extension ${verdict.extension}` : ''}, ${verdict.seconds} s`;
  say(`${asExpected ? '✔' : '✖'} ${defect.title} ${run.run}: ${words}${look} (${run.seconds} s in all)`);
  for (const one of verdict?.failed ?? []) say(`    ${one.gate} ${one.reason}: ${one.summary}`);
  if (verdict === null && run.reason !== '') say(`    ${run.reason}`);
  for (const what of run.asked) say(`    asked: ${what}`);
  for (const what of run.ledger.wrong) say(`    ledger: ${what}`);
}

await mkdir(dir, { recursive: true });
// The last matrix is kept until the next but one.
if (!values.resume && existsSync(results)) await rename(results, join(dir, 'results.last.ndjson'));
await perform();
const tallies = tally(await recorded());
say(`\n${table(tallies)}`);
if (values.write) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const command = `npm run defects -- --runs ${wanted} --write`;
  await writeFile('docs/defects.md', page(tallies, { command, commit }));
}
process.exit(tallies.every(isClean) ? 0 : 1);
