/**
 * Preflight asks every worker what it finds there. Attempts of one activity land on workers by turns, as the server deals them
 * out; what one attempt keeps in its heartbeat the next one gets.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { askWorkers, type Fleet } from '../../src/activities/inspect/fleet.ts';
import type { Found } from '../../src/activities/inspect/seen.ts';
import type { Targets } from '../../src/domain/targets.ts';
import type { World } from '../../src/activities/world.ts';
import type { Prober } from '../../src/probes/prober.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import type { EvidencePort, TelemetryPort } from '../../src/ports/index.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { scriptedPlan } from '../support/plans.ts';

const targets = { switchId: 's1', service: 'docs' } as Targets;
let plan: Plan;
before(async () => {
  plan = await scriptedPlan('fleet');
});

interface Machine {
  readonly store: EvidencePort;
  readonly prober?: () => Promise<Prober>;
  readonly freshestMs?: number | null;
}

function worldOf({ store, prober, freshestMs = 1 }: Machine): World {
  const telemetry = { window: async () => ({ freshestMs }) } as unknown as TelemetryPort;
  return {
    realTime: true,
    now: () => 1_000,
    port: async (name: string) => (name === 'evidence' ? store : telemetry),
    prober: prober ?? (async () => ({}) as Prober),
  } as unknown as World;
}

interface Attempts {
  /** Machines by worker name. */
  readonly machines: Readonly<Record<string, Machine>>;
  /** Where the attempts land, one after the other; the last one goes on landing there. */
  readonly order: readonly string[];
  /** Also listed as polling; they never get an attempt. */
  readonly silent?: readonly string[];
  readonly canList?: boolean;
}

/** Runs attempts until one answers. */
async function preflight({ machines, order, silent = [], canList = true }: Attempts) {
  let heartbeatDetails: unknown;
  for (let attempt = 0; ; attempt += 1) {
    assert.ok(attempt < 500, 'it never answers');
    const self = order[Math.min(attempt, order.length - 1)] ?? '';
    const fleet: Fleet = {
      self,
      workers: async () => {
        if (!canList) throw new Error('permission denied');
        return [...Object.keys(machines), ...silent];
      },
    };
    const env = new MockActivityEnvironment({
      heartbeatDetails,
      scheduledTimestampMs: 0,
      currentAttemptScheduledTimestampMs: attempt * 50,
    });
    env.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
    try {
      const world = worldOf(machines[self] ?? { store: folderEvidence({ use: 'folder', path: '/nowhere' }) });
      const found = await env.run(askWorkers, world, plan, targets, fleet);
      return { attempts: attempt + 1, found: found as readonly Found[] };
    } catch (cause) {
      assert.ok(cause instanceof ApplicationFailure && cause.type === 'LookAgain', String(cause));
      assert.ok((cause.nextRetryDelay as number) < 1_000);
    }
  }
}

const folder = async (): Promise<EvidencePort> => folderEvidence({ use: 'folder', path: await tempFolder() });
const codes = (found: readonly Found[]): string[] => found.map(({ code }) => code);

void describe('what every worker must find (F7)', () => {
  void it('a store that both workers reach has no finding', async () => {
    const store = await folder();
    const { found, attempts } = await preflight({
      machines: { '1@a': { store }, '1@b': { store } },
      order: ['1@a', '1@a', '1@a', '1@b'],
    });
    assert.deepEqual([found, attempts], [[], 4]);
  });

  void it('a folder of each machine’s own is refused, naming both workers and the store that helps', async () => {
    const { found } = await preflight({
      machines: { '1@a': { store: await folder() }, '1@b': { store: await folder() } },
      order: ['1@a', '1@b'],
    });
    assert.deepEqual(codes(found), ['evidence-not-shared']);
    assert.equal(found[0]?.severity, 'blocking');
    assert.match(found[0]?.message ?? '', /worker 1@b cannot read what worker 1@a put: no evidence/);
    assert.match(found[0]?.fix ?? '', /use: s3/);
  });

  void it('the third of three that lacks it is found, wherever the attempts land first', async () => {
    const store = await folder();
    const machines = { '1@a': { store }, '1@b': { store }, '1@c': { store: await folder() } };
    for (const order of [
      ['1@a', '1@b', '1@c'],
      ['1@b', '1@a', '1@a', '1@c'],
    ]) {
      const { found } = await preflight({ machines, order });
      assert.match(found[0]?.message ?? '', /worker 1@c cannot read/);
      assert.equal(found.length, 1);
    }
  });

  void it('a probe set or request lines that one worker lacks are named with that worker', async () => {
    const store = await folder();
    const prober = (): Promise<Prober> => Promise.reject(new UserError('no probe set in /srv/probes'));
    const lacking = { store, prober, freshestMs: null };
    const { found } = await preflight({
      machines: { '1@a': { store }, '1@b': lacking, '1@c': { store } },
      order: ['1@a', '1@b', '1@c'],
    });
    assert.deepEqual(codes(found), ['probe-set-missing', 'telemetry-not-shared']);
    assert.match(found[0]?.message ?? '', /worker 1@b: no probe set in \/srv\/probes/);
    assert.match(found[1]?.message ?? '', /worker 1@b sees no request .* worker 1@a does/);
  });

  void it('no lines anywhere is no difference between workers', async () => {
    const store = await folder();
    const quiet = { store, freshestMs: null };
    const { found } = await preflight({
      machines: { '1@a': quiet, '1@b': quiet },
      order: ['1@a', '1@b'],
    });
    assert.deepEqual(found, []);
  });

  void it('a worker that stays silent is waited for some seconds, then named; its machine’s other one speaks for it', async () => {
    const store = await folder();
    const { found, attempts } = await preflight({
      machines: { '1@a': { store }, '1@b': { store } },
      order: ['1@a', '1@b'],
      silent: ['9@dead', '7@a'],
    });
    assert.ok(attempts > 50 && attempts < 200, String(attempts));
    assert.deepEqual(codes(found), ['worker-not-checked']);
    assert.equal(found[0]?.severity, 'warning');
    assert.match(found[0]?.message ?? '', /9@dead$/);
  });

  void it('one worker alone, or a server that lists nobody, costs one attempt and says nothing', async () => {
    const store = await folder();
    const one = { machines: { '1@a': { store } }, order: ['1@a'] };
    assert.deepEqual(await preflight(one), { attempts: 1, found: [] });
    const two = { machines: { '1@a': { store }, '1@b': { store } }, order: ['1@a'], canList: false };
    assert.deepEqual(await preflight(two), { attempts: 1, found: [] });
  });

  void it('a store that takes nothing is left to the finding of its own', async () => {
    const broken = { put: () => Promise.reject(new Error('full')) } as unknown as EvidencePort;
    const { found } = await preflight({
      machines: { '1@a': { store: broken }, '1@b': { store: broken } },
      order: ['1@a'],
    });
    assert.deepEqual(found, []);
  });
});
