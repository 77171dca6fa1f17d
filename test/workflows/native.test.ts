/** Switches whose users are moved by a vendor's own weight: two writes forward, two back, and whatever comes between them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NATIVE, NOTIFY } from '../support/plans.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import type { ScriptedService } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const weight = ({ vendor }: ScriptedService): number => vendor.weights.at(-1)?.weightPercent ?? 0;

/** The config and the vendor say the same. */
function assertAt({ service }: RunningSwitch, percent: number): void {
  assert.deepEqual([service.edge?.weightPercent, weight(service)], [percent, percent]);
}

const plan = { providers: { ...NATIVE.providers, notify: NOTIFY } };

void describe('a switch over a vendor’s own weight', { concurrency: 4 }, () => {
  for (const [kind, native] of Object.entries({
    'random per request': {},
    'lagging by twenty seconds': { lagMs: 20_000 },
    'with stages': { stages: [1, 10, 50, 100] },
    'that keeps nothing': { memory: 'none' },
  } satisfies Record<string, ScriptedService['native']>)) {
    void test(`completes on one that is ${kind}`, async () => {
      const one = await switches.start(`native ${kind}`, {
        plan,
        script: (service) => (service.native = native),
      });
      const outcome = await one.outcome();
      assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
      assertAt(one, 100);
      // The config goes first, so no weight is set under a generation that was not stored.
      const { vendor, writes } = one.service;
      // A vendor may take a weight that it has already for a new rollout: a freeze sets none.
      assert.deepEqual(
        vendor.weights.map(({ weightPercent }) => weightPercent),
        [1, 10, 50, 100],
      );
      for (const { generation, weightPercent } of vendor.weights) {
        assert.equal(writes.find((config) => config.generation === generation)?.weightPercent, weightPercent);
      }
    });
  }

  void test('a weight that is forgotten is put back at the next look, and said', async () => {
    const one = await switches.start('native forgets', {
      plan: { ...plan, ramp: [{ weightPercent: 10, forMs: 900_000, looks: 2, cohorts: [], regions: [] }] },
      script: (service) => {
        service.native = { volatile: true };
        service.verdict = (step, look) => {
          if (step === 'ramp 10 %' && look === 1) service.vendor.restartTraffic();
          return 'pass';
        };
      },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const notes = (await one.events()).flatMap((event) => (event.type === 'note' ? event.text : []));
    assert.ok(
      notes.some((text) =>
        /stood at 0 % on green and was put back to 10 %: the vendor had started anew/.test(text),
      ),
      notes.join('\n'),
    );
    assertAt(one, 100);
  });

  void test('a weight that somebody else sets is asked about, never written over in silence', async () => {
    const one = await switches.start('native stranger', {
      plan,
      script: (service) => (service.native = { memory: 'named' }),
    });
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    one.service.vendor.weights.push({ atMs: 0, weightPercent: 70, writer: 'codedeploy', generation: 0 });
    held.go();
    const { wait } = await one.until('waiting', (event) => event.wait.kind === 'question');
    assert.match(wait.what, /codedeploy/);
    assert.equal(weight(one.service), 70);
    await one.command('rollback', { reason: 'not ours' });
    await one.rolledBack();
    assertAt(one, 0);
  });

  for (const point of [
    'gate:canary 1 %',
    'warm',
    'gate:ramp 10 %',
    'gate:ramp 50 %',
    'written:freeze-1',
    'written:flip-1',
    'weighed:flip-1',
    'purge',
    'gate:audit',
    'gate:hold',
  ]) {
    void test(`rolls back from ${point}: the weight first, then the config`, async () => {
      const one = await switches.start(`native back from ${point}`, { plan });
      const held = one.service.stopAt(point);
      await held.reached;
      const config = one.service.stopAt(`edge:rollback/${(one.service.edge?.generation ?? 0) + 1}`);
      await one.command('rollback', { reason: 'drill' });
      await config.reached;
      assert.equal(weight(one.service), 0, 'users are back before the config is written');
      config.go();
      await one.until('rollback-restored');
      one.assertAllOnFrom();
      held.go();
      await one.rolledBack();
      assertAt(one, 0);
    });
  }

  for (const memory of ['tagged', 'named', 'none'] as const) {
    void test(`a forward weight that comes after the way back stays without effect (${memory})`, async () => {
      const one = await switches.start(`native late ${memory}`, {
        plan,
        script: (service) => (service.native = { memory }),
      });
      // The config says 50 %, the weight is on its way.
      const late = one.service.stopAt('weight:ramp-50');
      await late.reached;
      assert.deepEqual([one.service.edge?.weightPercent, weight(one.service)], [50, 10]);
      await one.command('rollback', { reason: 'drill' });
      await one.until('rollback-restored');
      late.go();
      await one.rolledBack();
      assertAt(one, 0);
    });
  }

  for (const [what, point] of [
    ['between config and weight', 'weight:ramp-10'],
    ['after the weight, its answer lost', 'weight-reply:ramp-10'],
    ['on the way to the config', 'edge:ramp-10'],
  ] as const) {
    void test(`an attempt that dies ${what} is done by the next one`, async () => {
      const one = await switches.start(`native dies ${what}`, {
        plan,
        script: (service) => service.failAt(point, 'retry', 1),
      });
      assert.equal((await one.outcome()).kind, 'completed');
      assertAt(one, 100);
      const ramps = one.service.vendor.weights.filter(({ writer }) => writer?.endsWith('/ramp-10') === true);
      assert.ok(ramps.every(({ weightPercent }) => weightPercent === 10));
    });
  }

  for (const [what, points] of [
    ['between weight and config', ['edge:rollback/5', 'edge:rollback/6']],
    ['before the weight', ['weight:rollback']],
    ['after the weight, its answer lost', ['weight-reply:rollback']],
  ] as const) {
    void test(`a way back that dies ${what} is gone by the next attempt`, async () => {
      const one = await switches.start(`native back dies ${what}`, { plan });
      const held = one.service.stopAt('gate:ramp 10 %');
      await held.reached;
      for (const point of points) one.service.failAt(point, 'retry', 1);
      await one.command('rollback', { reason: 'drill' });
      await one.until('rollback-restored');
      held.go();
      await one.rolledBack();
      assertAt(one, 0);
      one.assertAllOnFrom();
    });
  }
});
