/**
 * How the rule for clustered traffic errs: `npm run sim:gates -- --clustered [--only "own bursts"] [--holds 200] [--seed 71]`
 * `[--resume log.jsonl]`, and `--burst 300s --share 0.05 --tau 600s --sd 1 --users 20 --skew 1 --volume 10800/1200 --hold 15m`
 * for traffic of one's own. `--holds 0 --resume log.jsonl` prints what a log has, `--write` puts that into docs/simulation.md.
 * Invariant: a cell is printed and logged as soon as it is done, so an interrupted run loses one cell.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { addCounts, Log, type Cell, type Count } from './cell.ts';
import { ALONE, ALONE_FAULTY } from './alone.ts';
import { CACHES, CACHES_FAULTY } from './cache-families.ts';
import { COUNTED, COUNTED_FAULTY } from './counted-families.ts';
import type { Family } from './family.ts';
import { FAULTY } from './faults.ts';
import { IDENTICAL } from './identical.ts';
import { NOVELTIES, NOVELTIES_FAULTY } from './novelty-families.ts';
import { SHORT } from './short.ts';
import { HEADS, rowOf } from './table.ts';
import { OVERRIDES, settingsOf, withSettings, volumesOf } from './settings.ts';
import { askThread, spawnThread } from '../threads.ts';
import type { Job } from './worker.ts';
import { between } from '../../between.ts';

export async function simulateClustered(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clustered: { type: 'boolean' },
      /** Only cells whose `gate name` contains this. */
      only: { type: 'string', default: '' },
      /** Holds of a cell, of all seeds together; of a fault as well unless `faults` says otherwise. 0 prints what the log has. */
      holds: { type: 'string', default: '200' },
      faults: { type: 'string' },
      seed: { type: 'string', default: '71' },
      resume: { type: 'string', default: '' },
      /** Put all that the committed log has into the documentation. */
      write: { type: 'boolean', default: false },
      threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      ...OVERRIDES,
    },
  });
  if (values.write) return writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), new Log(LOG)));
  const settings = settingsOf(values);
  const isAsked = ({ gate, name }: Family): boolean => `${gate} ${name}`.includes(values.only);
  if (!tables().some(([, families]) => families.some(isAsked)))
    throw new RangeError(
      `--only "${values.only}" is in no family's name, such as "error own bursts 20% mean 60 s 2%"`,
    );
  const log = new Log(values.resume);
  const workers = Array.from({ length: wholeOf('threads', values.threads, 1) }, () =>
    spawnThread(new URL('./worker.ts', import.meta.url)),
  );
  const startedMs = Date.now();
  const holds = wholeOf('holds', values.holds, 0);
  const ofFaults = wholeOf('faults', values.faults ?? values.holds, 0);
  for (const [kind, families] of tables()) {
    const cells = families
      .filter(isAsked)
      .map((family) => withSettings(family, settings))
      .flatMap((family) =>
        volumesOf(family, settings).map((volume): Cell => ({ family, volume, settings: settings.label })),
      );
    await printTable(kind, cells, (cell) => {
      const wanted = cell.family.fault === undefined ? holds : ofFaults;
      return goOn({ workers, log, cell, seed: values.seed, holds: wanted });
    });
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  console.log(`Seed ${values.seed}, ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`);
}

const PAGE = fileURLToPath(new URL('../../../docs/simulation.md', import.meta.url));
/** What the tables of the documentation are made of. */
export const LOG = fileURLToPath(new URL('log.jsonl', import.meta.url));
const BEGIN = '<!-- written by npm run sim:gates -- --clustered --write: do not edit below -->';
const END = '<!-- written by npm run sim:gates -- --clustered --write: do not edit above -->';

/** The documentation with its tables of clustered traffic replaced by what a log has. */
export function withTables(docs: string, log: Log): string {
  const written = tables().map(([kind, families]) => {
    const rows = families.flatMap((family) =>
      family.volumes.flatMap((volume) => {
        const cell: Cell = { family, volume, settings: '' };
        const count = log.sum(cell);
        return count.holds === 0 ? [] : [rowOf(cell, count)];
      }),
    );
    return [HEADS[kind], ...rows].join('\n');
  });
  return between(docs, BEGIN, END, [holdsSaid(log), ...written].join('\n\n'));
}

/** How many cells have as many holds as are wanted, and what is still missing. */
function holdsSaid(log: Log): string {
  const families = tables().flatMap(([, of]) => of);
  const kinds = [
    { what: 'identical colors', wanted: 1000, of: families.filter(({ fault }) => fault === undefined) },
    { what: 'faults', wanted: 200, of: families.filter(({ fault }) => fault !== undefined) },
  ];
  return kinds.map(({ what, wanted, of }) => cellsSaid(what, wanted, of, log)).join('\n');
}

function cellsSaid(what: string, wanted: number, families: readonly Family[], log: Log): string {
  const cells = families.flatMap((family) =>
    family.volumes.map((volume): Cell => ({ family, volume, settings: '' })),
  );
  const holds = cells.map((cell) => log.sum(cell).holds);
  const steps = [wanted, wanted * 0.4, wanted * 0.2, 1, 0];
  const counts = steps.map((least, i) => {
    const most = steps[i - 1] ?? Infinity;
    const count = holds.filter((one) => one >= least && one < most).length;
    return `${count} ${least === 0 ? 'with none' : i === 0 ? `with ${least} or more` : `with ${least} to ${most - 1}`}`;
  });
  return `Cells of ${what} by their holds (${wanted} are wanted), ${cells.length} in all: ${counts.join(', ')}.`;
}

function tables(): [keyof typeof HEADS, readonly Family[]][] {
  const isFault = ({ fault }: Family): boolean => fault !== undefined;
  return [
    ['identical', [...IDENTICAL, ...SHORT.filter((one) => !isFault(one)), ...ALONE, ...CACHES, ...NOVELTIES]],
    ['faults', [...FAULTY, ...SHORT.filter(isFault), ...ALONE_FAULTY, ...CACHES_FAULTY, ...NOVELTIES_FAULTY]],
    ['counted', [...COUNTED, ...COUNTED_FAULTY]],
  ];
}

async function printTable(
  kind: keyof typeof HEADS,
  cells: readonly Cell[],
  simulate: (cell: Cell) => Promise<Count>,
): Promise<void> {
  let isHead = true;
  for (const cell of cells) {
    const count = await simulate(cell);
    if (count.holds === 0) continue;
    if (isHead) console.log(HEADS[kind]);
    isHead = false;
    console.log(rowOf(cell, count));
  }
  if (!isHead) console.log('');
}

interface Order {
  readonly workers: readonly Worker[];
  readonly log: Log;
  readonly cell: Cell;
  readonly seed: string;
  /** Wanted in all. */
  readonly holds: number;
}

async function goOn({ workers, log, cell, seed, holds }: Order): Promise<Count> {
  const first = log.done(cell, seed);
  const end = first + holds - log.sum(cell).holds;
  if (first < end) {
    const step = workers.length;
    const counts = await Promise.all(
      workers.map((worker, i) => run(worker, { cell, seed, first: first + i, step, end })),
    );
    log.add(cell, seed, first, counts.reduce(addCounts));
  }
  return log.sum(cell);
}

function run(worker: Worker, job: Job): Promise<Count> {
  return askThread<Count>(worker, job);
}

function wholeOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`--${name} must be a whole number of at least ${least}, not "${text}"`);
  return value;
}
