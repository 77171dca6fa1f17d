/**
 * Nothing but the stock `temporal` CLI: a rollback by signal in live traffic, with the time until every region serves the old color;
 * a switch that somebody terminated in the freeze, which thaws by itself and is brought back by reset and rollback; messages while no
 * worker runs; and `cutover recover` after a termination in every stage.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { CommandName } from '../../src/domain/command.ts';
import { isFrozen } from '../../src/domain/edge-config.ts';
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import { PROGRAM } from '../support/program.ts';
import { testEnv } from '../support/temporal.ts';
import { assertRight } from './assert.ts';
import { startCrashWorld, type CrashWorld, type SwitchSpec } from './harness.ts';
import { at, type Action } from './hits.ts';
import type { MomentName } from './moments.ts';
import type { Watcher } from './watcher.ts';

const run = promisify(execFile);

/** Freeze, margin, twice the propagation of the plan, and a little. */
const THAWED_BY_MS = 19_000;

const GIVE_UP_MS = 60_000;

const WORKFLOW = ['--workflow-id', 'cutover/docs-rag'];

async function temporal(world: CrashWorld, ...args: string[]): Promise<void> {
  const { path } = await findTemporalBinary({ env: testEnv() });
  await run(path, [...args, '--address', world.temporal.address, '--namespace', world.temporal.namespace], {
    env: testEnv(),
  });
}

const signal = (world: CrashWorld, name: CommandName, reason: string): Promise<void> =>
  temporal(
    world,
    'workflow',
    'signal',
    ...WORKFLOW,
    '--name',
    name,
    '--input',
    JSON.stringify({ by: 'ana', reason }),
  );

const signalRollback = (world: CrashWorld, reason: string): Promise<void> =>
  signal(world, 'rollback', reason);

/** Asks every region's router until all of them serve the old color alone. */
async function everyRegionBack(world: CrashWorld, fromMs: number): Promise<number> {
  const headers = { authorization: `Bearer ${world.stack.tokens.edgeAdmin}` };
  for (;;) {
    const weights = await Promise.all(
      world.stack.entries.map(async ({ url }) => {
        const answer = await fetch(`${url}/__cutover/config`, { headers });
        return ((await answer.json()) as { weightPercent: number | null }).weightPercent;
      }),
    );
    const tookMs = Date.now() - fromMs;
    if (weights.every((weight) => weight === 0)) return tookMs;
    assert.ok(tookMs < GIVE_UP_MS, `regions serve ${weights.join(' and ')} %`);
    await sleep(5);
  }
}

/** A stage each; that of preflight has written nothing. */
const STAGE_MOMENTS: readonly MomentName[] = [
  'canary hold',
  'ramp write, after',
  'flip, before',
  'flip, after',
  'caches, before',
  'peak hold',
  'waiting for approval',
];

describe('stock CLI', { skip: process.env['CRASH_SHORT'] === '1', concurrency: 1 }, () => {
  let world: CrashWorld;
  before(async () => {
    world = await startCrashWorld();
  });
  after(() => world.close());

  it('temporal workflow signal --name rollback: every region is back at once', async (t) => {
    let [sentMs, backMs] = [0, 0];
    const rollback: Action = async (_world, _run, letGo) => {
      letGo();
      const startedMs = Date.now();
      const signalled = signalRollback(world, 'customers complain').then(
        () => (sentMs = Date.now() - startedMs),
      );
      backMs = await everyRegionBack(world, startedMs);
      await signalled;
    };
    const spec: SwitchSpec = { from: 'blue', hits: [at('peak hold', rollback)], outcome: 'rolled-back' };
    const switched = await world.switchOnce(spec);
    t.diagnostic(await assertRight(switched, spec));
    t.diagnostic(
      `every region back ${backMs} ms after the CLI was started (the CLI itself took ${sentMs} ms)`,
    );
    assert.ok(backMs < 10_000, `${backMs} ms`);
  });

  it('terminate runs nothing: the freeze lapses by itself, and reset + rollback bring everybody back', async (t) => {
    const terminate: Action = async (_world, { handle, watcher }, letGo) => {
      letGo();
      const before = await world.readEdge();
      assert.ok(isFrozen(before, Date.now()), 'frozen when it is terminated');
      await temporal(world, 'workflow', 'terminate', ...WORKFLOW, '--reason', 'somebody panicked');
      const leftMs = (before.freezeUntilMs ?? 0) - Date.now();
      assert.ok(leftMs < THAWED_BY_MS, `${leftMs} ms`);
      await sleep(leftMs + 500);
      const standing = await world.readEdge();
      assert.deepEqual(standing, before, 'a terminated switch writes nothing');
      assert.ok(!isFrozen(standing, Date.now()), 'and its freeze has run out');
      await temporal(
        world,
        'workflow',
        'reset',
        ...WORKFLOW,
        '--type',
        'LastWorkflowTask',
        '--reason',
        'bring it back',
      );
      await signalRollback(world, 'bring it back');
      const deadline = Date.now() + GIVE_UP_MS;
      // The watcher looks at the latest run: it must have seen the reset one before it can wait for its end.
      while ((await handle.describe()).status.name === 'TERMINATED' || !isSeen(watcher)) {
        assert.ok(Date.now() < deadline, 'the reset run is open');
        await sleep(100);
      }
    };
    const spec: SwitchSpec = { from: 'blue', hits: [at('drain', terminate)], outcome: 'rolled-back' };
    const switched = await world.switchOnce(spec);
    t.diagnostic(await assertRight(switched, spec));
  });

  for (const order of [
    ['approve', 'rollback'],
    ['rollback', 'approve'],
  ] as const) {
    it(`${order.join(', then ')} at the approval of decommission: rolled back, nothing retired (F1)`, async (t) => {
      const signals: Action = async ({ workers }, _run, letGo) => {
        await workers.killAll();
        letGo();
        for (const name of order) await signal(world, name, 'both at once');
        await workers.start();
      };
      const hits = [at('waiting for approval', signals)];
      const spec: SwitchSpec = { from: 'blue', hits, outcome: 'rolled-back', retire: true };
      const switched = await world.switchOnce(spec);
      t.diagnostic(await assertRight(switched, spec));
      assert.ok(!switched.events.some((event) => event.type === 'no-return'));
    });
  }

  for (const moment of STAGE_MOMENTS) {
    it(`terminate at ${moment}, then cutover recover: users, jobs and writes are home, the ledger is whole (F11)`, async (t) => {
      const recover: Action = async (_world, { handle, watcher }, letGo) => {
        await temporal(world, 'workflow', 'terminate', ...WORKFLOW, '--reason', 'somebody panicked');
        letGo();
        const { address, namespace } = world.temporal;
        const words = ['recover', 'docs-rag', '--to', 'from', '--address', address, '--namespace', namespace];
        await run(process.execPath, [...PROGRAM, ...words], { env: testEnv() });
        const deadline = Date.now() + GIVE_UP_MS;
        while ((await handle.describe()).status.name !== 'COMPLETED' || !watcher.closed) {
          assert.ok(Date.now() < deadline, 'the recovery has ended');
          await sleep(100);
        }
      };
      const spec: SwitchSpec = { from: 'blue', hits: [at(moment, recover)], outcome: 'rolled-back' };
      const switched = await world.switchOnce(spec);
      t.diagnostic(await assertRight(switched, spec));
    });
  }
});

const isSeen = (watcher: Watcher): boolean => !watcher.closed || watcher.saw('ended');
