/** The probe set: calibrated where the plan wants that, there, and the one that was started with. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
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
