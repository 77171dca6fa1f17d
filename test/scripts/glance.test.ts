/** Looks that the simulation does not ask the rule about are such as the rule does not fail: with and without that, holds end alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  burst,
  DAY,
  error,
  EVEN,
  latency,
  own,
  type Family,
} from '../../scripts/sim-gates/clustered/family.ts';
import { simulateHold } from '../../scripts/sim-gates/clustered/hold.ts';

const VOLUME = { from: 1200, to: 1200 };
const QUARTER_HOUR = { holdMinutes: 15 };

/** Each fails some holds and not others, or has looks of every kind. */
const FAMILIES: readonly Family[] = [
  error('bursts', [VOLUME], { ...burst(0.2, 300, 0.1), ...DAY }),
  // Over the limit by less than twice.
  error('mild', [EVEN], { rate: 0.005, fault: { to: 0.0105 } }),
  error('outage', [VOLUME], { fault: { to: 0.5, fromMinute: 30 } }),
  error('nearly a catastrophe', [VOLUME], { fault: { to: 0.3 } }),
  error('parts', [VOLUME], { rate: 0.005, parts: true, fault: { to: 0.1, only: 'region' } }),
  error('a quarter of an hour', [VOLUME], { ...QUARTER_HOUR, rate: 0.005, fault: { to: 0.05 }, ...DAY }),
  latency('wanders', [VOLUME], { ...own(600, 0.4), ...DAY }),
  latency('five times slower', [VOLUME], { fault: { to: 5 }, ...DAY }),
  latency('parts', [VOLUME], { parts: true, fault: { to: 3, only: 'route' } }),
  latency('a quarter of an hour', [VOLUME], { ...QUARTER_HOUR, fault: { to: 1.6 } }),
];

void test('holds end alike whether or not looks that cannot fail are skipped', () => {
  let failed = 0;
  for (const family of FAMILIES)
    for (let k = 0; k < 5; k += 1) {
      const seed = `glance/${k}`;
      const [volume = VOLUME] = family.volumes;
      const skipping = simulateHold(family, volume, seed);
      assert.deepEqual(skipping, simulateHold(family, volume, seed, { skips: false }), `${family.name} ${k}`);
      failed += Number(skipping.failedAt.hold > 0);
    }
  assert.ok(failed > 8, String(failed));
});
