/**
 * A thousand bad days: whole switches in simulated worlds, judged by an oracle.
 * `npm run sim:switches -- --seeds 3000 [--from 1] [--minutes 20] [--worlds 8] [--shrink] [--log ranges.jsonl]`
 * `npm run sim:switches -- --seed 1234 [--trace]` lives through one of them again.
 * `npm run sim:switches -- --mutations` proves the oracle: deliberate breaks of the engine, each of which must be caught.
 * Exits 1 when an invariant was violated (or a break was not noticed).
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { generate } from './generate.ts';
import { MUTATIONS } from './mutations.ts';
import type { Violation } from './oracle/index.ts';
import { live, type Stage } from './run.ts';
import { EDGES, type EdgeKind, type Scenario } from './scenario.ts';
import { inShort, shrink } from './shrink.ts';
import { openStage, startServer } from './stage.ts';
import { trace } from './trace.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    /** Default 100, with `--mutations` 300: a break must be noticed within so many. */
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    /** What the edge is made of: router, native, lossy, last-write. */
    edge: { type: 'string', default: 'router' },
    minutes: { type: 'string', default: '600' },
    worlds: { type: 'string', default: '8' },
    shrink: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    mutations: { type: 'boolean', default: false },
    /** Only mutations whose name contains this. */
    only: { type: 'string', default: '' },
    /** A file that gets one JSON line for this range, so that ranges can be summed. */
    log: { type: 'string' },
  },
});

const seeds = Number(values.seeds ?? (values.mutations ? 300 : 100));
const from = Number(values.seed ?? values.from);
const edge = edgeOf(values.edge);
const until = values.seed === undefined ? from + seeds : from + 1;
if (values.mutations) process.exit(await mutate());
const stage = await openStage();
const startedMs = Date.now();
const endMs = startedMs + Number(values.minutes) * 60_000;
const endings: Record<string, number> = {};
const violated: { seed: number; invariant: string }[] = [];
let [next, switches] = [from, 0];

await Promise.all(Array.from({ length: Number(values.worlds) }, days));
const seconds = (Date.now() - startedMs) / 1000;
await stage.close();
const summary = {
  edge,
  from,
  to: next - 1,
  switches,
  violations: violated,
  seconds: Math.round(seconds),
  endings,
};
if (values.log !== undefined) appendFileSync(values.log, `${JSON.stringify(summary)}\n`);
const ends = Object.entries(endings).map(([kind, count]) => `${count} ${kind}`);
console.log(
  `${switches} switches (${ends.join(', ')}; seeds ${from} to ${next - 1}), ${violated.length} violations, ` +
    `${seconds.toFixed(0)} s, ${(switches / seconds).toFixed(1)} switches/s`,
);
process.exit(violated.length > 0 ? 1 : 0);

function edgeOf(name: string): EdgeKind {
  const found = EDGES.find((one) => one === name);
  if (found === undefined) throw new Error(`--edge must be one of ${EDGES.join(', ')}`);
  return found;
}

/** @returns 1 when a break was not noticed */
async function mutate(): Promise<number> {
  const server = await startServer();
  let missed = 0;
  console.log('| break | first seed | noticed by |\n|---|---|---|');
  for (const { name, patches } of MUTATIONS.filter((one) => one.name.includes(values.only))) {
    const broken = await openStage(patches, server.address);
    const found = await firstNoticed(broken);
    await broken.close();
    if (found === null) missed += 1;
    console.log(
      `| ${name} | ${found?.seed ?? 'never'} | ${found === null ? '–' : `\`${found.invariant}\``} |`,
    );
  }
  await server.close();
  return missed === 0 ? 0 : 1;
}

async function firstNoticed(broken: Stage): Promise<{ seed: number; invariant: string } | null> {
  const found: { seed: number; invariant: string }[] = [];
  let seed = from;
  const look = async (): Promise<void> => {
    while (found.length === 0 && seed < from + seeds) {
      const mine = seed;
      seed += 1;
      const [first] = await live(broken, generate(mine, edge));
      if (first !== undefined) found.push({ seed: mine, invariant: first.invariant });
    }
  };
  await Promise.all(Array.from({ length: Number(values.worlds) }, look));
  return found.sort((a, b) => a.seed - b.seed)[0] ?? null;
}

async function days(): Promise<void> {
  while (next < until && Date.now() < endMs) {
    const seed = next;
    next += 1;
    const scenario = generate(seed, edge);
    const violations = await live(stage, scenario, (ended) => {
      switches += 1;
      const kind = ended.outcome?.kind ?? 'never ended';
      endings[kind] = (endings[kind] ?? 0) + 1;
      if (values.trace) trace(ended);
    });
    const [first] = violations;
    if (first === undefined) continue;
    violated.push({ seed, invariant: first.invariant });
    const smallest = values.shrink ? await shrink(scenario, (smaller) => stillFails(smaller, first)) : null;
    for (const line of say(seed, violations, smallest)) console.log(line);
  }
}

async function stillFails(smaller: Scenario, { invariant }: Violation): Promise<boolean> {
  const found = await live(stage, smaller, () => undefined);
  return found.some((one) => one.invariant === invariant);
}

function say(seed: number, violations: readonly Violation[], smallest: Scenario | null): string[] {
  const kinds = new Map(violations.map((one) => [one.invariant, one.what]));
  const lines = [...kinds].map(([invariant, what]) => `seed ${seed}: ${invariant}: ${what}`);
  return smallest === null ? lines : [...lines, `  ${inShort(smallest)}`];
}
