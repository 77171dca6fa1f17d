/** Pins that nobody follows, as activities tell of them: a finding of preflight, and an error of the judge, never a sample. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Targets } from '../../src/domain/targets.ts';
import { pinsFollowed, warmRouteAnswers } from '../../src/activities/inspect/pins.ts';
import { watchActivities } from '../../src/activities/watch.ts';
import type { World } from '../../src/activities/world.ts';
import type { Prober } from '../../src/probes/prober.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { PinNotFollowedError } from '../../src/edge/pinned.ts';
import { scriptedPlan } from '../support/plans.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld, withPorts } from '../support/scripted-world.ts';

const NAME = 'pinned';

interface Stand {
  readonly plan: Plan;
  readonly service: ScriptedService;
  readonly world: World;
  readonly targets: Targets;
}

async function stand(): Promise<Stand> {
  const plan = await scriptedPlan(NAME);
  const service = new ScriptedService(NAME);
  const targets: Targets = {
    startedMs: 0,
    switchId: 's',
    service: NAME,
    from: 'blue',
    to: 'green',
    entry: plan.entry,
    colorUrls: { blue: plan.colors.blue.url, green: plan.colors.green.url },
    providers: { ...plan.providers, warmup: { use: 'scripted' } },
  };
  return { plan, service, world: scriptedWorld(new Map([[NAME, service]])), targets };
}

const inActivity = <T>(perform: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(perform);

describe('preflight', () => {
  it('blocks a switch whose entries do not follow pins, with the cause (A1)', async () => {
    const { plan, service, world, targets } = await stand();
    assert.deepEqual(await inActivity(() => pinsFollowed(world, plan, targets)), []);
    service.unfollowed = [
      { region: 'eu', fault: 'the router refused the pin (bad-signature)' },
      { region: 'us', fault: null },
    ];
    const found = await inActivity(() => pinsFollowed(world, plan, targets));
    assert.deepEqual(
      found.map(({ code, severity }) => [code, severity]),
      Array.from({ length: 2 }, () => ['pin-refused', 'blocking']),
    );
    assert.match(found[0]?.message ?? '', /^in eu: .*bad-signature/);
    assert.match(found[0]?.fix ?? '', /CUTOVER_PIN_SECRET.*clock.*this service/);
  });

  it('blocks a switch whose worker has no secret to sign pins with (A1)', async () => {
    const { plan, world, targets } = await stand();
    const blind: World = {
      ...world,
      pinned: () => Promise.reject(new UserError('CUTOVER_PIN_SECRET is not set', { hint: 'set it' })),
    };
    const [found] = await inActivity(() => pinsFollowed(blind, plan, targets));
    assert.deepEqual(
      [found?.code, found?.message, found?.fix],
      ['pin-refused', 'CUTOVER_PIN_SECRET is not set', 'set it'],
    );
  });

  it('does not ask about pins that no stage sends', async () => {
    const { plan, world, targets } = await stand();
    const direct: Plan = {
      ...plan,
      probes: { ...plan.probes, request: { ...plan.probes.request, via: 'direct' } },
      providers: { ...plan.providers, cache: null },
    };
    const never: World = { ...world, pinned: () => assert.fail('asked') };
    assert.deepEqual(await inActivity(() => pinsFollowed(never, direct, targets)), []);
  });

  it('blocks a switch whose warm route does not answer (E1)', async () => {
    const { plan, world, targets } = await stand();
    const says = (fault: string | null): World =>
      withPorts(world, {
        warmup: async () => {
          const port = await world.port('warmup', targets);
          return port === null ? null : { ...port, check: async () => fault };
        },
      });
    assert.deepEqual(await inActivity(() => warmRouteAnswers(says(null), plan, targets)), []);
    const [found] = await inActivity(() =>
      warmRouteAnswers(says('HTTP 404 at http://x/warm'), plan, targets),
    );
    assert.deepEqual([found?.code, found?.severity], ['warm-route', 'blocking']);
    assert.equal(found?.message, 'warm pings of green would fail: HTTP 404 at http://x/warm');
  });
});

describe('a look', () => {
  it('whose probes nobody led to their color ends in an error of the judge, with the reason (A1)', async () => {
    const { plan, service, world, targets } = await stand();
    const fault = 'green was asked for, blue answered (bucket): the pin was not followed';
    const astray: World = {
      ...world,
      prober: async (t, probes): Promise<Prober> => ({
        ...(await world.prober(t, probes)),
        run: () => Promise.reject(new PinNotFollowedError('http://entry', 200, fault)),
      }),
    };
    const { watchGates } = watchActivities(astray);
    const gates = (['delta-s', 'coverage', 'lambda', 'schema'] as const).map((gate) => ({
      gate,
      role: 'prove' as const,
    }));
    const identity = { INDEX_HASH: 'h', metric: 'm', analyzer: 'a', embedModel: 'e', reranker: 'r' };
    const result = await inActivity(() =>
      watchGates({
        targets,
        stage: 'shadow',
        step: 'shadow',
        everyMs: 0,
        looks: 1,
        windowMs: null,
        lookPlan: null,
        weightPercent: 0,
        deadLetters: null,
        rounds: 6,
        replay: 0,
        regions: [],
        gates,
        settings: { ...plan.gates, off: [] },
        probes: plan.probes,
        customGates: [],
        allowErrors: [],
        expected: { blue: identity, green: identity },
        pinned: null,
        edge: { generation: 0, weightPercent: null, writer: null },
        baseline: null,
        watchesSchedules: true,
        openDialogs: null,
      }),
    );
    assert.equal(result.verdict, 'error');
    for (const gate of result.gates) {
      assert.equal(gate.verdict, 'error', gate.gate);
      assert.match(gate.summary, /green was asked for, blue answered/);
    }
    assert.equal(service.evidence.size > 0, true);
  });
});
