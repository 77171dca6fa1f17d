/** The rule of each built-in gate, by plain thresholds. */
import { COLORS, type Color } from '../color.ts';
import {
  UNDERPOWERED,
  type BuiltInGate,
  type LookInput,
  type ProbeWindow,
  type TrafficSlice,
} from '../gate.ts';
import { identityKey } from '../identity.ts';
import type { ProbeRun } from '../probe.ts';
import { calibrateDeltaS } from '../probes/delta-s.ts';
import { lambdaOf } from '../probes/lambda.ts';
import { GRID_CELLS } from '../probes/rounds.ts';
import type { Ruling } from './record.ts';

type Rule = (input: LookInput) => Ruling;

export const RULES: Readonly<Record<BuiltInGate, Rule>> = {
  identity,
  schema,
  'delta-s': deltaS,
  coverage,
  lambda,
  latency,
  'error-rate': errorRate,
  'error-novelty': novelty,
  cache,
  'cold-start': coldStart,
  egress,
  dedupe,
  'queue-age': queueAge,
  stickiness,
};

function identity(input: LookInput): Ruling {
  const expected = identityKey(input.expected[input.to]);
  const seen = new Map<string, number>();
  for (const slice of slices(input, input.to)) {
    for (const [key, count] of Object.entries(slice.identities)) seen.set(key, (seen.get(key) ?? 0) + count);
  }
  for (const run of runs(input, input.to)) {
    if (run.error !== null) continue;
    const key = identityKey(run.identity);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  const n = [...seen.values()].reduce((sum, count) => sum + count, 0);
  if (n === 0) return noData();
  const wrong = [...seen].filter(([key]) => key !== expected && !key.includes('?'));
  if (wrong.length > 0) {
    return fail(
      'identity_mismatch',
      `${wrong.length} identit(ies) other than the declared one: ${wrong[0]?.[0]}`,
      n,
    );
  }
  const partial = [...seen].filter(([key]) => key.includes('?'));
  if (partial.length > 0) {
    return inconclusive('identity_missing_field', `answers lack identity fields: ${partial[0]?.[0]}`, n);
  }
  return pass(`all ${n} answers carry the declared identity`, n);
}

function schema(input: LookInput): Ruling {
  const mine = runs(input, input.to).filter((run) => run.error === null);
  if (mine.length === 0) return noData();
  const theirs = new Set(
    runs(input, input.from).flatMap((run) => (run.violations.length > 0 ? [run.probeId] : [])),
  );
  const broken = mine.filter((run) => run.violations.length > 0 && !theirs.has(run.probeId));
  return broken.length === 0
    ? pass(`no violation in ${mine.length} answers`, mine.length)
    : fail(
        'schema_violation',
        `${broken.length} of ${mine.length} answers: ${broken[0]?.violations.join(', ')}`,
        mine.length,
      );
}

function deltaS(input: LookInput): Ruling {
  const window = input.probes;
  if (window === null) return noData();
  const values = perQuestion(window, input.to, (run) => scaled(run, window));
  const before = perQuestion(window, input.from, (run) => scaled(run, window));
  if (values.size === 0) return noData();
  const median = medianOf([...values.values()]);
  const value = `median ${median.toFixed(3)} on ${values.size} questions`;
  const { pass: limit, block, pairedRise } = input.settings.deltaS;
  const rise = meanDifference(values, before);
  if (median >= block) return fail('delta_s_median_blocked', value, values.size, median);
  if (rise !== null && rise > pairedRise) {
    return fail(
      'delta_s_paired_rise',
      `${value}, ${rise.toFixed(3)} above ${input.from}`,
      values.size,
      median,
    );
  }
  if (median > limit) return inconclusive('delta_s_transitional', value, values.size, median);
  return atEnd(input, pass(value, values.size, median));
}

function coverage(input: LookInput): Ruling {
  const window = input.probes;
  if (window === null) return noData();
  const values = perQuestion(window, input.to, (run) => run.coverage);
  const before = perQuestion(window, input.from, (run) => run.coverage);
  if (values.size === 0) return noData();
  const { mean, share, blockShare, pairedDrop } = input.settings.coverage;
  const average = meanOf([...values.values()]);
  const covered = [...values.values()].filter((value) => value >= mean).length / values.size;
  const drop = meanDifference(before, values);
  const value = `mean ${average.toFixed(3)}, ${(covered * 100).toFixed(0)} % of ${values.size} questions covered`;
  if (average < mean) return fail('coverage_mean', value, values.size, average);
  if (covered < blockShare) return fail('coverage_share', value, values.size, average);
  if (drop !== null && drop > pairedDrop) return fail('coverage_paired_drop', value, values.size, average);
  if (covered < share) return inconclusive('coverage_share_low', value, values.size, average);
  return atEnd(input, pass(value, values.size, average));
}

function lambda(input: LookInput): Ruling {
  const window = input.probes;
  if (window === null) return noData();
  const states = window.probes.map((probe) => {
    const mine = window.runs.filter((run) => run.color === input.to && run.probeId === probe.id);
    return lambdaOf(mine.slice(-GRID_CELLS), { answerable: probe.answerable, targets: probe.targetSections }).state;
  });
  const known = states.filter((state) => state !== 'unknown');
  if (known.length === 0) return underpowered('no complete grid yet', 0);
  const share = known.filter((state) => state === 'convergent').length / known.length;
  const value = `${(share * 100).toFixed(0)} % of ${known.length} questions convergent`;
  if (share < input.settings.lambda.block) return fail('lambda_not_convergent', value, known.length, share);
  if (share < input.settings.lambda.pass) return inconclusive('lambda_low', value, known.length, share);
  return atEnd(input, pass(value, known.length, share));
}

function latency(input: LookInput): Ruling {
  const [before, after] = [warm(input, input.from), warm(input, input.to)];
  const n = Math.min(before.length, after.length);
  if (n === 0) return noData();
  if (n < input.settings.minSamples) return underpowered(`${n} warm requests an arm`, n);
  const ratio = p95(after) / p95(before);
  const value = `p95 warm ${p95(after).toFixed(0)} ms against ${p95(before).toFixed(0)} ms: ratio ${ratio.toFixed(2)}`;
  return ratio > input.settings.latencyRatio
    ? atEndFail(input, fail('p95_ratio_over_limit', value, n, ratio))
    : atEnd(input, pass(value, n, ratio));
}

function errorRate(input: LookInput): Ruling {
  const [before, after] = [errorsOf(input, input.from), errorsOf(input, input.to)];
  if (after.requests === 0) return noData();
  if (after.requests < input.settings.minSamples)
    return underpowered(`${after.requests} requests`, after.requests);
  const rate = after.errors / after.requests;
  const limit = Math.max(
    input.settings.errorFloor,
    before.requests === 0 ? 0 : (before.errors / before.requests) * input.settings.errorRatio,
  );
  const value = `${after.errors} errors in ${after.requests} requests (limit ${(limit * 100).toFixed(2)} %)`;
  return rate > limit && after.errors >= 3
    ? fail('error_rate_over_limit', value, after.requests, rate)
    : atEnd(input, pass(value, after.requests, rate));
}

function novelty(input: LookInput): Ruling {
  const seen = new Map<string, number>();
  let n = 0;
  for (const slice of slices(input, input.to)) {
    n += slice.requests;
    for (const [key, count] of Object.entries(slice.errors)) seen.set(key, (seen.get(key) ?? 0) + count);
  }
  for (const run of runs(input, input.to)) {
    n += 1;
    if (run.error !== null) seen.set(run.error, (seen.get(run.error) ?? 0) + 1);
  }
  if (n === 0) return noData();
  const known = new Set([
    ...Object.keys(input.catalogue?.classes ?? {}),
    ...slices(input, input.from).flatMap((slice) => Object.keys(slice.errors)),
    ...runs(input, input.from).flatMap((run) => (run.error === null ? [] : [run.error])),
  ]);
  const fresh = [...seen].filter(([key]) => !known.has(key));
  const worst = fresh.sort((a, b) => b[1] - a[1])[0];
  if (worst === undefined) return pass(`no new error class in ${n} requests`, n);
  const value = `${worst[0]} ${worst[1]} times in ${n}, never on ${input.from}`;
  return worst[1] >= 2 ? fail('new_error_class', value, n) : inconclusive('new_error_suspect', value, n);
}

function cache(input: LookInput): Ruling {
  const foreign = input.traffic?.foreignCacheHits ?? 0;
  if (foreign > 0)
    return fail('cache_foreign_prefix', `${foreign} answers came from the other color's prefix`, foreign);
  const [before, after] = [cacheOf(input, input.from), cacheOf(input, input.to)];
  const n = Math.min(before.lookups, after.lookups);
  if (after.lookups === 0) return underpowered('no repeated lookup yet', 0);
  if (n < input.settings.minSamples) return underpowered(`${n} repeated lookups an arm`, n);
  const drop = before.hits / before.lookups - after.hits / after.lookups;
  const value = `hit rate ${((after.hits / after.lookups) * 100).toFixed(1)} % against ${((before.hits / before.lookups) * 100).toFixed(1)} %`;
  if (drop > input.settings.cacheDrop) return atEndFail(input, fail('cache_hit_drop', value, n, drop));
  return atEnd(input, pass(value, n, drop));
}

function coldStart(input: LookInput): Ruling {
  const cold = slices(input, input.to).reduce((sum, slice) => sum + slice.coldMs.length, 0);
  const all = slices(input, input.to).reduce((sum, slice) => sum + slice.requests, 0);
  const before = slices(input, input.from).reduce((sum, slice) => sum + slice.coldMs.length, 0);
  const allBefore = slices(input, input.from).reduce((sum, slice) => sum + slice.requests, 0);
  if (all === 0) return underpowered('no traffic yet', 0);
  if (all < input.settings.minSamples) return underpowered(`${all} requests`, all);
  const share = cold / all;
  const limit = Math.max(0.05, allBefore === 0 ? 0 : (2 * before) / allBefore);
  const value = `${(share * 100).toFixed(1)} % cold starts (limit ${(limit * 100).toFixed(1)} %)`;
  return share > limit ? fail('cold_starts_high', value, all, share) : pass(value, all, share);
}

function egress(input: LookInput): Ruling {
  const mine = input.counters.filter((counter) => counter.color === input.to);
  const calls = mine.reduce((sum, counter) => sum + counter.egressCalls, 0);
  const failures = mine.reduce((sum, counter) => sum + counter.egressFailures, 0);
  if (mine.length === 0) return noData();
  if (calls === 0) return pass('no outbound calls', 0);
  const success = 1 - failures / calls;
  const value = `${calls - failures} of ${calls} outbound calls succeeded`;
  return success < input.settings.egressSuccess
    ? fail('egress_success_low', value, calls, success)
    : pass(value, calls, success);
}

function dedupe(input: LookInput): Ruling {
  if (input.counters.length === 0) return noData();
  const done = input.counters.reduce((sum, counter) => sum + counter.jobsDone, 0);
  const deduped = input.counters.reduce((sum, counter) => sum + counter.jobsDeduped, 0);
  const dead = input.queues.reduce((sum, queue) => sum + queue.dead, 0);
  return dead > 0
    ? fail('dead_letters', `${dead} jobs are in dead-letter queues`, dead)
    : pass(`${done} jobs done, ${deduped} repeats absorbed, no dead letters`, done);
}

function queueAge(input: LookInput): Ruling {
  const mine = input.queues.filter((queue) => queue.color === input.to);
  if (mine.length === 0) return noData();
  const oldest = Math.max(0, ...mine.map((queue) => queue.oldestAgeMs ?? 0));
  return oldest > input.settings.queueAgeMs
    ? fail('queue_age', `oldest job waits ${oldest} ms`, mine.length, oldest)
    : pass(`oldest job waits ${oldest} ms`, mine.length, oldest);
}

function stickiness(input: LookInput): Ruling {
  if (input.traffic === null) return noData();
  const flips = input.traffic.flipBacks;
  return flips > 0
    ? fail('users_changed_sides', `${flips} users were seen on both colors within one generation`, flips)
    : pass('no user changed sides within a generation', slices(input, input.to).length);
}

// ---- helpers

function pass(summary: string, n: number, value: number | null = null): Ruling {
  return { verdict: 'pass', reasonCodes: ['ok'], summary, to: { n, value } };
}

function fail(reason: string, summary: string, n: number, value: number | null = null): Ruling {
  return { verdict: 'fail', reasonCodes: [reason], summary, to: { n, value } };
}

function inconclusive(reason: string, summary: string, n: number, value: number | null = null): Ruling {
  return { verdict: 'inconclusive', reasonCodes: [reason], summary, to: { n, value } };
}

function underpowered(summary: string, n: number): Ruling {
  return inconclusive(UNDERPOWERED, summary, n);
}

function noData(): Ruling {
  return inconclusive('no_data', 'no data', 0);
}

/** A pass counts only at the scheduled end of the hold. */
function atEnd(input: LookInput, ruling: Ruling): Ruling {
  return input.look.final || ruling.verdict !== 'pass'
    ? ruling
    : { ...ruling, verdict: 'inconclusive', reasonCodes: [UNDERPOWERED] };
}

/** Until intervals judge it, a noisy breach only counts at the end. */
function atEndFail(input: LookInput, ruling: Ruling): Ruling {
  return input.look.final ? ruling : { ...ruling, verdict: 'inconclusive', reasonCodes: [UNDERPOWERED] };
}

function slices(input: LookInput, color: Color): TrafficSlice[] {
  const now = input.traffic?.slices.filter((slice) => slice.color === color) ?? [];
  // After the flip `from` has no users: its arm is what preflight saw.
  if (now.length > 0 || color === input.to) return now;
  return input.baseline?.traffic?.slices.filter((slice) => slice.color === color) ?? [];
}

function runs(input: LookInput, color: Color): ProbeRun[] {
  return input.probes?.runs.filter((run) => run.color === color) ?? [];
}

function warm(input: LookInput, color: Color): number[] {
  const traffic = COLORS.map((one) => input.traffic?.slices.filter((slice) => slice.color === one) ?? []);
  const enough = traffic.every(
    (arm) => arm.reduce((sum, slice) => sum + slice.warmMs.length, 0) >= input.settings.minSamples,
  );
  if (enough) return slices(input, color).flatMap((slice) => slice.warmMs);
  return runs(input, color).flatMap((run) =>
    run.error === null && !run.cold && run.latencyMs !== null ? [run.latencyMs.tfinal] : [],
  );
}

function errorsOf(input: LookInput, color: Color): { requests: number; errors: number } {
  const arms = slices(input, color);
  return {
    requests: arms.reduce((sum, slice) => sum + slice.requests, 0),
    errors: arms.reduce((sum, slice) => sum + Object.values(slice.errors).reduce((a, b) => a + b, 0), 0),
  };
}

function cacheOf(input: LookInput, color: Color): { lookups: number; hits: number } {
  const arms = slices(input, color);
  return {
    lookups: arms.reduce((sum, slice) => sum + slice.cache.lookups, 0),
    hits: arms.reduce((sum, slice) => sum + slice.cache.hits, 0),
  };
}

function scaled(run: ProbeRun, window: ProbeWindow): number | null {
  if (run.deltaS === null) return null;
  return window.calibration === null ? run.deltaS : calibrateDeltaS(run.deltaS, window.calibration);
}

function perQuestion(
  window: ProbeWindow,
  color: Color,
  valueOf: (run: ProbeRun) => number | null,
): Map<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const run of window.runs) {
    const value = run.color === color && run.error === null ? valueOf(run) : null;
    if (value === null) continue;
    const entry = sums.get(run.probeId) ?? { sum: 0, n: 0 };
    sums.set(run.probeId, { sum: entry.sum + value, n: entry.n + 1 });
  }
  return new Map([...sums].map(([id, { sum, n }]) => [id, sum / n]));
}

function meanDifference(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number | null {
  const differences = [...a].flatMap(([id, value]) => {
    const other = b.get(id);
    return other === undefined ? [] : [value - other];
  });
  return differences.length === 0 ? null : meanOf(differences);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? 0) + (high ?? 0)) / 2;
}

function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
}
