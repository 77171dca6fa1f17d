/**
 * How often do the gates cry wolf, and what do they sleep through? `npm run sim:gates -- [--reps 2000] [--seed cutover-1]`
 * Prints the markdown tables of docs/simulation.md and with `--write` puts that of λ there; exits 1 when a target is missed.
 * Invariant: repetition k of a scenario is drawn from `<seed>/<scenario>/<k>` alone, whatever the number of threads.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import type { BuiltInGate } from '../../src/domain/gate.ts';
import { rebuiltTable, withRebuilt } from './rebuilt.ts';
import { DEMO, FAULTS, NULLS, type Scenario } from './scenarios.ts';
import { emptyTally, merge, type GateTally, type Tally } from './tally.ts';
import { askThread, spawnThread } from './threads.ts';
import type { Job } from './worker.ts';

const { values } = parseArgs({
  options: {
    reps: { type: 'string', default: '2000' },
    seed: { type: 'string', default: 'cutover-1' },
    /** Only scenarios whose name contains this. */
    only: { type: 'string', default: '' },
    /** Puts the table of λ into docs/simulation.md. */
    write: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});
const reps = Number(values.reps);
const threads = Number(values.threads);
const { seed } = values;
const FALSE_FAIL_TARGET = 0.01;
let missed = 0;

const startedMs = Date.now();
console.log(
  `${reps} repetitions each, seeds \`${seed}/<scenario>/0\` to \`${seed}/<scenario>/${reps - 1}\`.\n`,
);
const workers = Array.from({ length: threads }, () => spawnThread(new URL('./worker.ts', import.meta.url)));
await nulls();
await faults();
await demo();
rebuilt();
await Promise.all(workers.map((worker) => worker.terminate()));
console.log(
  `\n${threads} threads, ${((Date.now() - startedMs) / 1000).toFixed(0)} s, Node ${process.version}.`,
);
process.exitCode = missed === 0 ? 0 : 1;

async function nulls(): Promise<void> {
  if (!NULLS.some(wanted)) return;
  console.log('### Identical colors: alarms per hour-long hold\n');
  console.log(
    '| traffic | gate | our FAIL | our PASS at the end | plain threshold | Mann-Whitney (Kayenta) |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const scenario of NULLS.filter(wanted)) {
    const tally = await simulate(scenario);
    for (const gate of scenario.gates) {
      const one = of(tally, gate);
      const rate = one.fail / tally.reps;
      if (rate > FALSE_FAIL_TARGET) missed += 1;
      const cells = [`${scenario.name}: ${scenario.what}`, gate, share(rate), share(one.pass / tally.reps)];
      console.log(`| ${[...cells, ...rivals(tally, one, gate)].join(' | ')} |`);
    }
  }
}

async function faults(): Promise<void> {
  if (!FAULTS.some(wanted)) return;
  console.log('\n### One fault: detections within the hold\n');
  console.log(
    '| fault | data | our FAIL | target | median look | false PASS | plain threshold | Mann-Whitney (Kayenta) |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const scenario of FAULTS.filter(wanted)) {
    const tally = await simulate(scenario);
    const { any } = tally;
    const rate = any.fail / tally.reps;
    if (scenario.target !== null && rate < scenario.target) missed += 1;
    const looks = any.looks.sort((a, b) => a - b);
    const cells = [
      scenario.name,
      scenario.what,
      share(rate),
      scenario.target === null ? '–' : `≥ ${share(scenario.target, 0)}`,
      `${looks[looks.length >> 1] ?? '–'} of ${scenario.looks}`,
      share(any.pass / tally.reps),
      share(any.plain / tally.reps),
      share(any.kayenta / tally.asked),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

async function demo(): Promise<void> {
  const [first] = DEMO;
  if (first === undefined || !DEMO.some(wanted)) return;
  console.log(`\n### The demo's holds: a healthy build must pass (${first.what})\n`);
  const gates: readonly BuiltInGate[] = ['latency', 'delta-s', 'coverage', 'lambda'];
  console.log(`| probe latency | ${gates.map((gate) => `${gate} PASS`).join(' | ')} | any FAIL |`);
  console.log(`|---|${gates.map(() => '---|').join('')}---|`);
  for (const scenario of DEMO.filter(wanted)) {
    const tally = await simulate(scenario);
    const passes = gates.map((gate) => share(of(tally, gate).pass / tally.reps));
    console.log(`| ${[scenario.name, ...passes, share(tally.any.fail / tally.reps)].join(' | ')} |`);
  }
}

/** λ needs no traffic: drawn here, in seconds. */
function rebuilt(): void {
  if (!wanted({ name: 'lambda' })) return;
  const { table, missed: misses } = rebuiltTable(seed, reps);
  console.log(`\n### Rebuilt indexes: sets that λ fails\n\n${table}`);
  for (const miss of misses) console.log(`\nTarget missed: ${miss}`);
  missed += misses.length;
  if (!values.write) return;
  const page = new URL('../../docs/simulation.md', import.meta.url);
  writeFileSync(page, withRebuilt(readFileSync(page, 'utf8'), table));
}

async function simulate(scenario: Scenario): Promise<Tally> {
  const tallies = await Promise.all(
    workers.map((worker, first) => run(worker, { scenario, seed, first, step: threads, reps })),
  );
  const total = emptyTally();
  for (const tally of tallies) merge(total, tally);
  return total;
}

function run(worker: Worker, job: Job): Promise<Tally> {
  return askThread<Tally>(worker, job);
}

function wanted({ name }: Pick<Scenario, 'name'>): boolean {
  return name.includes(values.only);
}

/** Novelty and λ have no Mann-Whitney. */
function rivals(tally: Tally, one: GateTally, gate: BuiltInGate): string[] {
  const plain = share(one.plain / tally.reps);
  const kayenta = gate === 'lambda' || gate === 'error-novelty' ? '–' : share(one.kayenta / tally.asked);
  return [plain, kayenta];
}

function of(tally: Tally, gate: BuiltInGate): GateTally {
  return tally.gates[gate] ?? { fail: 0, pass: 0, plain: 0, kayenta: 0, looks: [] };
}

function share(value: number, digits = 2): string {
  return `${(value * 100).toFixed(value === 0 || value === 1 ? 0 : digits)} %`;
}
