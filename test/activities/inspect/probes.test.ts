/** The probe set: calibrated where the plan wants that, there, and the one that was started with. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { check } from '../../../src/activities/inspect/index.ts';
import { probesUnreadable } from '../../../src/activities/inspect/failures.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { openProber } from '../../../src/probes/prober.ts';
import { codes, healthy, plan, probes } from './kit.ts';

void describe('the checks of the probes', () => {
  void test('ask for a calibration only where the plan wants one', () => {
    const uncalibrated = probes({ isCalibrated: false })(healthy);
    const calibrated: Plan = { ...plan, probes: { ...plan.probes, scale: 'calibrated' } };
    assert.deepEqual(codes(uncalibrated), []);
    assert.deepEqual(codes(uncalibrated, calibrated), ['probe-set-uncalibrated']);
  });

  void test('warn of a set in which a fifth of the questions may be broken and gate lambda says nothing', () => {
    const hour: Plan = {
      ...plan,
      hold: { ...plan.hold, looks: 12 },
      onInconclusive: { ...plan.onInconclusive, extensions: 2 },
      gates: { ...plan.gates, off: [], lambda: { ...plan.gates.lambda, rebuild: 0.02 } },
    };
    const found = (count: number, of = hour) => check(of, probes({ count })(healthy));
    const [warning, ...others] = found(50);
    assert.deepEqual([warning?.code, warning?.severity, others], ['probe-set-size', 'warning', []]);
    assert.match(
      warning?.message ?? '',
      /only from 12 of the 50 questions lost on: 20 % broken may pass it$/,
    );
    assert.match(
      warning?.fix ?? '',
      /^60 questions would show 20 %, or lower gates\.lambda\.rebuild \(2 %\)$/,
    );
    assert.deepEqual([found(59).length, found(60).length], [1, 0]);
    const of = (gates: Partial<Plan['gates']>): Plan => ({ ...hour, gates: { ...hour.gates, ...gates } });
    for (const gates of [{ off: ['lambda'] }, { advisory: ['lambda'] }] as const)
      assert.deepEqual(found(50, of(gates)), []);
    assert.deepEqual(found(50, of({ lambda: { ...hour.gates.lambda, rebuild: 0 } })), []);
    const [few] = check(hour, probes({ count: 117, answered: 49 })(healthy));
    assert.deepEqual([few?.code, few?.severity], ['probe-set-size', 'blocking']);
    assert.match(few?.message ?? '', /^49 of 117 questions are asked for whole answers; gate lambda proves/);
    assert.deepEqual(check(of({ off: ['lambda'] }), probes({ count: 117, answered: 49 })(healthy)), []);
    const curated = of({ lambda: { ...hour.gates.lambda, rebuild: 0.05 } });
    assert.deepEqual([found(74, curated).length, found(80, curated).length], [1, 0]);
    assert.match(
      found(60, of({ lambda: { ...hour.gates.lambda, rebuild: 0.3 } }))[0]?.fix ?? '',
      /^lower gates/,
    );
  });
});

void describe('a probe set that cannot be read', () => {
  void test('is, of probes, a set that changed or one that is not there', async () => {
    const colorUrls = { blue: plan.colors.blue.url, green: plan.colors.green.url };
    const { service, from, to, entry } = plan;
    const scope = { service, from, to, entry, colorUrls, env: {} };
    const failure = async (change: Partial<Plan['probes']>): Promise<unknown> =>
      openProber(scope, { ...plan.probes, ...change }).then(
        () => assert.fail('it opened'),
        (cause: unknown) => cause,
      );
    const changed = probesUnreadable(await failure({ digest: '0'.repeat(64) }));
    assert.equal(changed.code, 'probe-set-changed');
    assert.match(changed.message, /was started with 0000/);
    const missing = probesUnreadable(await failure({ set: '/nowhere' }));
    assert.equal(missing.code, 'probe-set-missing', missing.message);
    assert.match(missing.message, new RegExp(`on worker host ${hostname()}`), 'F7');
  });
});
