/**
 * kill -9 of the worker, and of the Temporal server, at twelve moments of a real switch under traffic: it ends right, nothing is
 * lost, nothing happens twice. Several moments share a switch, and the switches go back and forth over one world.
 * CRASH_SHORT=1: one switch with three moments, for CI.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRight } from './assert.ts';
import { startCrashWorld, type CrashWorld, type SwitchSpec, type Switched } from './harness.ts';
import { at, killServer, killWorker, type Action } from './hits.ts';
import type { MomentName } from './moments.ts';
import { timeoutsOf } from './verdict.ts';
import { Zombies } from './zombies.ts';

const isShort = process.env['CRASH_SHORT'] === '1';

/** The plan's quiet period. */
const QUIET_MS = 1000;

interface Row {
  readonly moments: readonly MomentName[];
  readonly outcome: SwitchSpec['outcome'];
  readonly grid?: boolean;
}

const BY_WORKER: readonly Row[] = [
  { moments: ['preflight', 'canary write, before', 'drain', 'peak hold'], outcome: 'completed' },
  {
    moments: ['shadow grid', 'ramp write, after', 'fence', 'waiting for approval'],
    outcome: 'completed',
    grid: true,
  },
  { moments: ['canary hold', 'flip, after', 'caches, after'], outcome: 'completed' },
  { moments: ['canary write, after', 'rollback write, before'], outcome: 'rolled-back' },
];

/** The same moments; writes are met on their other side. */
const BY_SERVER: readonly Row[] = [
  { moments: ['preflight', 'canary write, after', 'drain', 'peak hold'], outcome: 'completed' },
  {
    moments: ['shadow grid', 'ramp write, before', 'fence', 'waiting for approval'],
    outcome: 'completed',
    grid: true,
  },
  { moments: ['canary hold', 'flip, before', 'caches, before'], outcome: 'completed' },
  { moments: ['canary write, before', 'rollback write, after'], outcome: 'rolled-back' },
];

describe('crashes', { skip: isShort, concurrency: 1 }, () => {
  let world: CrashWorld;
  before(async () => {
    world = await startCrashWorld();
  });
  after(() => world.close());

  const actions: readonly [string, Action, readonly Row[]][] = [
    ['worker', killWorker, BY_WORKER],
    ['server', killServer, BY_SERVER],
  ];
  for (const [who, action, rows] of actions) {
    for (const { moments, outcome, grid = false } of rows) {
      it(`kill -9 of the ${who} at: ${moments.join(' · ')}`, async (t) => {
        const { weightPercent, to, from } = await world.readEdge();
        const hits = moments.map((moment) => at(moment, action));
        const spec: SwitchSpec = { from: weightPercent === 100 ? to : from, hits, outcome, grid };
        const switched = await world.switchOnce(spec);
        t.diagnostic(await assertRight(switched, spec));
        if (who === 'worker') {
          assertWatchedQuiet(switched);
          const timeouts = await timeoutsOf(switched.handle);
          assert.deepEqual(new Set(timeouts), new Set(['silence']), 'the dead worker was missed early');
        }
      });
    }
  }

  it('SIGSTOP in a write, SIGCONT after another worker went on to the end: nothing changes', async (t) => {
    const { weightPercent, to, from } = await world.readEdge();
    const zombies = new Zombies();
    const hits = [at('ramp write, late', zombies.make), at('waiting for approval', zombies.wake)];
    const spec: SwitchSpec = { from: weightPercent === 100 ? to : from, hits, outcome: 'completed' };
    t.diagnostic(await assertRight(await world.switchOnce(spec), spec));
  });

  it('SIGSTOP after a write, before its answer: the second worker finds it done', async (t) => {
    const { weightPercent, to, from } = await world.readEdge();
    const zombies = new Zombies({ lateWrites: 0 });
    const hits = [at('flip, after', zombies.make), at('waiting for approval', zombies.wake)];
    const spec: SwitchSpec = { from: weightPercent === 100 ? to : from, hits, outcome: 'completed' };
    t.diagnostic(await assertRight(await world.switchOnce(spec), spec));
  });

  it('kill -9 of the worker while the old color is retired: it is retired once', async (t) => {
    const { weightPercent, to, from } = await world.readEdge();
    const old = weightPercent === 100 ? to : from;
    const hits = [at('retire', killWorker)];
    const spec: SwitchSpec = { from: old, hits, outcome: 'completed', retire: true };
    const switched = await world.switchOnce(spec);
    t.diagnostic(await assertRight(switched, spec));
    const retired = world.colors[old].answered.filter((one) => one.path.endsWith('/retire'));
    assert.equal(retired.length, 2, 'asked twice, with one key');
    const note = switched.events.find((e) => e.type === 'stage-passed' && e.stage === 'decommission');
    assert.match(JSON.stringify(note), /already\W+true/, 'the second call found it done');
    assert.equal(world.colors[spec.from === 'blue' ? 'green' : 'blue'].answered.filter(isRetire).length, 0);
  });
});

describe('crashes, short form', { skip: !isShort, concurrency: 1 }, () => {
  let world: CrashWorld;
  before(async () => {
    world = await startCrashWorld();
  });
  after(() => world.close());

  it('a worker stopped in a write, another killed in the next, the server killed in the drain', async (t) => {
    const zombies = new Zombies();
    const spec: SwitchSpec = {
      from: 'blue',
      hits: [
        at('canary write, late', zombies.make),
        at('ramp write, after', killWorker),
        at('drain', killServer),
        at('waiting for approval', zombies.wake),
      ],
      outcome: 'completed',
    };
    const switched = await world.switchOnce(spec);
    t.diagnostic(await assertRight(switched, spec));
  });
});

/** What proves a drain was looked at by the worker that says so: after a crash the quiet period begins anew. */
function assertWatchedQuiet({ events, hits }: Switched): void {
  const hit = hits.find((one) => one.moment === 'drain');
  if (hit === undefined) return;
  const drained = events.find((event) => event.type === 'drained' && event.atMs > hit.atMs);
  assert.ok(drained, 'it drained after the crash');
  assert.ok(drained.atMs >= hit.overMs + QUIET_MS, 'the quiet period was watched from its beginning');
}

const isRetire = (one: { readonly path: string }): boolean => one.path.endsWith('/retire');
