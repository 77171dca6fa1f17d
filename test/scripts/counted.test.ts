/** Telemetry that counts requests and knows no users, simulated: it decides nothing, and an outage asks a person. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateCountedHold } from '../../scripts/sim-gates/clustered/counted.ts';
import { drawsOf } from '../../scripts/sim-gates/clustered/draws.ts';
import { error, latency, type Family } from '../../scripts/sim-gates/clustered/family.ts';
import { drawLines, emptyLines } from '../../scripts/sim-gates/clustered/lines.ts';
import { drawWorld } from '../../scripts/sim-gates/clustered/world.ts';

const VOLUME = { from: 3000, to: 3000 };

void test('identical colors neither fail nor pass, and an outage asks from the second look that it may be told at', () => {
  const asked = (family: Family): ReturnType<typeof simulateCountedHold> => {
    const outcome = simulateCountedHold(family, VOLUME, 'counted/0');
    assert.deepEqual([outcome.failedAt.hold, outcome.passed], [0, false], family.name);
    return outcome;
  };
  for (const family of [error('healthy', [VOLUME], { rate: 0.005 }), latency('healthy', [VOLUME])])
    assert.deepEqual(asked(family).asked, { firstAt: 0, atEnd: false });
  for (const family of [
    error('outage', [VOLUME], { fault: { to: 0.5 } }),
    latency('slow', [VOLUME], { fault: { to: 10 } }),
  ])
    assert.deepEqual(asked(family).asked, { firstAt: 5, atEnd: true });
});

void test('repeats of a failure are drawn where nobody can tell them apart', () => {
  const family = error('retries', [VOLUME], { rate: 0.005, retries: 4 });
  const failures = (keepsRepeats: boolean): number => {
    const draws = drawsOf('repeats');
    const world = drawWorld(family, VOLUME, draws);
    const [from, to] = [emptyLines(), emptyLines()];
    drawLines(world, draws, from, to, { keepsRepeats });
    return [from, to].reduce(
      (sum, { value, count }) => sum + value.subarray(0, count).reduce((all, one) => all + one, 0),
      0,
    );
  };
  assert.ok(failures(true) > 2 * failures(false), `${failures(true)} against ${failures(false)}`);
});
