/** What is said of a plan before its switch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualLatencies, type TrafficBlocks } from '../../src/domain/clusters/index.ts';
import { probeSight } from '../../src/domain/gates/probe-sight.ts';
import { probeCost } from '../../src/domain/probes/cost.ts';
import { planSight, type SeenTraffic } from '../../src/plan/sight.ts';
import { probeCostLines, probeSightLines, sightLines } from '../../src/plan/sight-text.ts';
import { loadText, MINIMAL } from './support.ts';

const HOUR_MS = 3_600_000;
const ALL = { questions: 100, answered: 100 };

/** A day of `from` in blocks of one length, each alike. */
function dayOf(blockMs: number, requestsPerHour: number): TrafficBlocks {
  const trials = Math.round((requestsPerHour * blockMs) / HOUR_MS);
  const shape = usualLatencies(200);
  const whole = shape.counts.reduce((sum, count) => sum + count, 0);
  const final = {
    first: shape.first,
    counts: shape.counts.map((count) => Math.round((count * trials) / whole)),
  };
  const block = { trials, events: Math.round(trials * 0.005), final, usable: { first: 0, counts: [] } };
  return {
    color: 'blue',
    startMs: 0,
    blockMs,
    blocks: Array.from({ length: (24 * HOUR_MS) / blockMs }, () => block),
  };
}

function seen(requestsPerHour: number, days: readonly TrafficBlocks[]): SeenTraffic {
  return {
    requestsPerHour,
    hours: 168,
    requestsPerUser: 10,
    namesInstances: false,
    smallestRegion: null,
    days,
  };
}

void test('without telemetry it is said for which traffic, and that it is not known', async () => {
  const { plan } = await loadText(MINIMAL);
  const sight = planSight(plan, null);
  const [head = '', canary = ''] = sightLines(sight, 'no file');
  assert.match(
    head,
    /^Unknown traffic \(no file\): for 1000 requests an hour, 10 of each user, 0\.5 % server errors/,
  );
  assert.match(canary, /^canary 1 %, 15m: p95 of users: not at this volume; errors 0\.5 → 2 %: not at/);
});

void test('users who ask more often are fewer, and where nobody tells them that is said', async () => {
  const { plan } = await loadText(MINIMAL);
  const known = (requestsPerUser: number | null): ReturnType<typeof planSight> =>
    planSight(plan, { ...seen(2000, []), requestsPerUser });
  const from = (sight: ReturnType<typeof planSight>): number => sight.holds.at(-3)?.outageFrom ?? 0;
  assert.ok(from(known(100)) > from(known(2)));
  const line = (sight: ReturnType<typeof planSight>): string => sightLines(sight, 'seen')[0] ?? '';
  assert.match(line(known(2.46)), /^seen: 2000 requests an hour, 2\.5 of each user; errors and latencies/);
  assert.match(line(known(null)), /^seen: 2000 requests an hour, 10 of each user \(not told\); errors and/);
  assert.deepEqual(known(null).assumed, ['users', 'errors and latencies']);
});

void test('of telemetry that knows no users no hold is told of, but what that costs', async () => {
  const query = 'sum(increase(requests_total{color="{{color}}"}[{{window}}s]))';
  const telemetry = `telemetry: { use: prometheus, url: http://p:9090, requests: '${query}', failures: '${query}' }`;
  const { plan } = await loadText(MINIMAL.replace(/^telemetry: .*$/m, telemetry));
  const sight = planSight(plan, seen(2000, []));
  assert.deepEqual(sight.holds, []);
  const lines = sightLines(sight, 'seen');
  assert.equal(lines.length, 2);
  assert.match(
    lines[1] ?? '',
    /^prometheus counts requests and not users: .* error-novelty, cache, cold-start, stickiness are not asked/,
  );
});

void test('a busy service sees in a ramp what a quiet one does not', async () => {
  const { plan } = await loadText(MINIMAL);
  const at = (requestsPerHour: number): ReturnType<typeof planSight>['holds'] =>
    planSight(plan, seen(requestsPerHour, [])).holds;
  const [quiet, busy] = [at(2000), at(200_000)].map((holds) =>
    holds.find(({ step }) => step === 'ramp 50 %'),
  );
  assert.equal(quiet?.after.errors, null);
  assert.ok(busy?.after.half !== null && busy?.after.errors !== null);
  assert.equal(busy?.better, null);
  assert.notEqual(quiet?.better, null);
});

void test('a longer hold is proposed where it shows what this one does not', async () => {
  const { plan } = await loadText(MINIMAL);
  const { holds } = planSight(plan, seen(24_000, []));
  const ramp = holds.find(({ step }) => step === 'ramp 10 %');
  assert.ok(ramp?.better !== null && typeof ramp?.better === 'object' && 'forMs' in ramp.better);
  assert.ok(ramp.better.forMs > ramp.forMs);
});

void test('after the flip nothing is told without a day of the old color, and windows of it are counted', async () => {
  const { plan } = await loadText(MINIMAL);
  const without = sightLines(planSight(plan, seen(24_000, [])), 'seen').join('\n');
  assert.match(
    without,
    /hold, 1h: without a day of the old color users' traffic shows nothing but an outage/,
  );
  const days = [180_000, 300_000, 120_000].map((blockMs) => dayOf(blockMs, 24_000));
  const lines = sightLines(planSight(plan, seen(24_000, days)), 'seen').join('\n');
  assert.match(lines, /hold, 1h: p95 × 1\.5 in \d+ min/);
  assert.match(lines, /hold, 1h: .*The day before holds 24 windows as long as this\./);
});

void test('a day lets a look fail early only where instances are named, and only where the plan lets it', async () => {
  const { plan } = await loadText(MINIMAL);
  const days = [180_000, 300_000, 120_000].map((blockMs) => dayOf(blockMs, 200_000));
  const at = (namesInstances: boolean, given = plan): number => {
    const { holds } = planSight(given, { ...seen(200_000, days), namesInstances });
    return holds.find(({ step }) => step === 'ramp 50 %')?.after.double ?? Infinity;
  };
  assert.ok(at(true) < at(false), `${at(true)} against ${at(false)} ms`);
  const off = {
    ...plan,
    gates: { ...plan.gates, history: { ...plan.gates.history, early: 'off' as const } },
  };
  assert.equal(at(true, off), at(false));
});

void test('a region that is small sees less, and is named', async () => {
  const { plan } = await loadText(MINIMAL);
  const two = { ...plan, entry: [...plan.entry, { region: 'us', url: 'https://us.example.com' }] };
  const known = { ...seen(200_000, []), smallestRegion: { name: 'us', share: 0.1 } };
  const ramp = planSight(two, known).holds.find(({ step }) => step === 'ramp 50 %');
  assert.equal(ramp?.region?.name, 'us');
  assert.ok((ramp?.region?.errors ?? 1) > (ramp?.errors ?? 1));
  assert.match(sightLines(planSight(two, known), 'seen').join('\n'), /in us alone: /);
});

void test('what of a topic may be lost, and what the probes cost, are said in figures', async () => {
  const { plan } = await loadText(MINIMAL);
  const topics = new Map([
    ['billing', 10],
    ['setup', 90],
  ]);
  const [probes = ''] = probeSightLines(probeSight({ topics, answered: 100 }, plan.gates, 0.001));
  assert.match(probes, /topic billing, 10 questions: .*; a tenth of it: not; topic setup, 90 questions: /);
  const unknown = probeCostLines(probeCost(plan, ALL, null));
  assert.match(unknown.join('\n'), /^Probes ask \d+ times, both colors together, and 1200 times more/);
  assert.match(unknown.join('\n'), /they fit every hold while an answer takes [\d.]+s at most/);
  const slow = probeCostLines(
    probeCost({ ...plan, probes: { ...plan.probes, costPerAnswer: 0.01 } }, ALL, 20_000),
  );
  assert.match(slow.join('\n'), / at 0\.01 an answer/);
  assert.match(slow.join('\n'), /busy for \d+ min in all, \d+ min in the longest look \(20s an answer/);
  assert.match(slow.join('\n'), /Probes do not fit ramp 5 %: those of a look take \d+ min/);
});

void test('what requests without generation save is said in requests, time and money', async () => {
  const { plan } = await loadText(MINIMAL);
  const priced = { ...plan, probes: { ...plan.probes, costPerAnswer: 0.01 } };
  const lines = probeCostLines(probeCost(priced, { questions: 100, answered: 60 }, 5000)).join('\n');
  assert.match(lines, /: 60 questions; they keep both colors busy/);
  assert.match(
    lines,
    /40 questions more are asked for retrieved text only \(probes\.retrieval\), \d+ times: so many answers are saved, \d+ min of each color and [\d.]+\./,
  );
});
