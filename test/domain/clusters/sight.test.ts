/** What a hold ahead could see, against holds that are drawn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateHold, type Mode } from '../../../scripts/sim-gates/clustered/hold.ts';
import { error, latency, type Family, type Volume } from '../../../scripts/sim-gates/clustered/family.ts';
import { levelsAt } from '../../../scripts/sim-gates/clustered/levels.ts';
import { CATASTROPHE } from '../../../src/domain/clusters/catastrophe.ts';
import {
  outageSeenFrom,
  sightOf,
  usualLatencies,
  type HoldAhead,
  type UsualTraffic,
} from '../../../src/domain/clusters/index.ts';

const MINUTE_MS = 60_000;
const HOLDS = 200;
const USERS = 2000;
const RATE = 0.005;

function usual({ from, to }: Volume): UsualTraffic {
  const requestsPerHour = from + to;
  return {
    requestsPerHour,
    requestsPerUser: requestsPerHour / USERS,
    errorRate: RATE,
    latencies: usualLatencies(180),
  };
}

function ahead({ from, to }: Volume, minutes: number): HoldAhead {
  const looks = minutes / 5;
  return {
    holdMs: minutes * MINUTE_MS,
    levels: Array.from({ length: looks }, (_, i) => levelsAt(i + 1, looks).alpha),
    blockMs: 300_000,
    catastrophe: CATASTROPHE,
    share: to / (from + to),
    limits: { errorRatio: 1.2, errorFloor: 0.001, latencyRatio: 1.25, minSamples: 59, minUsers: 3 },
    day: null,
    early: false,
  };
}

/** Share of drawn holds that fail. */
function failed(family: Family, volume: Volume, mode: Mode = 'hold'): number {
  let count = 0;
  for (let k = 0; k < HOLDS; k += 1) {
    if (simulateHold(family, volume, `sight/${family.name}/${volume.to}/${k}`).failedAt[mode] > 0) count += 1;
  }
  return count / HOLDS;
}

const CASES: readonly { readonly minutes: number; readonly volume: Volume }[] = [
  { minutes: 15, volume: { from: 3000, to: 3000 } },
  { minutes: 60, volume: { from: 3000, to: 1000 } },
];

for (const { minutes, volume } of CASES) {
  const what = `${minutes} min of ${volume.from}/${volume.to} requests an hour`;

  void test(`errors said to be seen in ${what} fail at least four of five holds, and half as far away clearly fewer`, () => {
    const rate = sightOf(usual(volume), ahead(volume, minutes)).smallestErrorRate() ?? 1;
    const holds = (to: number, name: string): number =>
      failed(error(name, [volume], { rate: RATE, fault: { to }, holdMinutes: minutes }), volume);
    const [seen, half] = [holds(rate, 'seen'), holds((RATE + rate) / 2, 'half')];
    assert.ok(seen >= 0.8, `${seen} at ${rate}`);
    assert.ok(half <= 0.6, `${half} at half of its excess`);
  });

  void test(`latency said to be seen in ${what} fails at least four of five holds, and half as far away clearly fewer`, () => {
    const ratio = sightOf(usual(volume), ahead(volume, minutes)).smallestRatio() ?? 1;
    const holds = (to: number, name: string): number =>
      failed(latency(name, [volume], { fault: { to }, holdMinutes: minutes }), volume);
    const [seen, half] = [holds(ratio, 'seen'), holds((1.25 + ratio) / 2, 'half')];
    assert.ok(seen >= 0.8, `${seen} at ×${ratio}`);
    assert.ok(half <= 0.5, `${half} at half of its excess`);
  });
}

void test('an outage said to be seen at the first look is seen there, and a tenth of its volume is not enough', () => {
  const base = { from: 10_800, to: 1200 };
  const hold = ahead(base, 60);
  const perHour = outageSeenFrom({ requestsPerUser: 2, errorRate: 0.001 }, hold) ?? 0;
  assert.ok(perHour > 100 && perHour < 12_000, String(perHour));
  const at = (all: number): number => {
    const volume = { from: Math.round(all * 0.9), to: Math.round(all * 0.1) };
    const family = error(`outage ${all}`, [volume], {
      fault: { to: 0.5 },
      users: { count: Math.max(10, Math.round(all / 2)) },
    });
    let first = 0;
    for (let k = 0; k < HOLDS; k += 1) {
      if (simulateHold(family, volume, `outage/${all}/${k}`).failedAt.hold === 1) first += 1;
    }
    return first / HOLDS;
  };
  assert.ok(at(perHour) >= 0.8, `${at(perHour)} at ${perHour} an hour`);
  assert.ok(at(perHour / 10) <= 0.2);
});

void test('a fault is seen sooner the larger it is, and a part sees less than the whole', () => {
  const volume = { from: 12_000, to: 12_000 };
  const sight = sightOf(usual(volume), ahead(volume, 60));
  const [slow, slower] = [sight.ratioAfterMs(1.5), sight.ratioAfterMs(3)];
  assert.ok(slow !== null && slower !== null && slower <= slow);
  assert.equal(sight.ratioAfterMs(1.26), null);
  assert.equal(sight.errorsAfterMs(RATE), null);
  const region = sightOf(usual(volume), ahead(volume, 60), { traffic: 0.25, level: 0.05 });
  assert.ok((region.smallestErrorRate() ?? 1) > (sight.smallestErrorRate() ?? 1));
});

void test('once `from` has no users nothing is seen without a day of it', () => {
  const volume = { from: 0, to: 12_000 };
  const hold = ahead(volume, 60);
  assert.equal(sightOf(usual(volume), hold).smallestErrorRate(), null);
  const quiet = Array.from({ length: 288 }, () => ({ trials: 1000, events: 5 }));
  const day = { errors: quiet, slow: quiet.map(() => ({ trials: 1000, events: 50 })) };
  const seen = sightOf(usual(volume), { ...hold, day });
  assert.ok((seen.smallestErrorRate() ?? 1) < 0.02);
  assert.ok((seen.smallestRatio() ?? 9) < 1.5);
});
