/**
 * Latency: is `to`'s p95 of warm, successful requests at most `latencyRatio` times `from`'s?
 * Users decide once they are plenty to prove a healthy build; before that (1 % of traffic, a short hold, after the flip)
 * the probes decide. Either source may fail it. Invariant: both colors over the same time, never a mix of sources.
 */
import { total, type PartSums, type Series } from '../clusters/index.ts';
import type { LookInput } from '../look-input.ts';
import { brokenDown } from './breakdown.ts';
import type { Gate } from './gate.ts';
import type { JudgedSeries } from './latency-series.ts';
import { least, probesOf, slowestParts, usersOf, type Compared, type Source } from './latency-sources.ts';
import { lookLevels } from './look-plan.ts';
import { atEnd, fail, fixed, inconclusive, pass, underpowered, type Facts, type Ruling } from './ruling.ts';
import { isStale, trafficMissing } from './traffic.ts';
import { OVER_TWICE } from './without-users.ts';

/**
 * Rounds that its timing needs by the end of a hold: with 100 probes about as many requests an arm as prove equal colors at a log-sd of
 * 0.5 (385).
 */
const TIMING_ROUNDS = 4;

/** Twice the sample that proves a healthy build with power 0.9 proves it with about 0.99. */
const PLENTY = 2;

export const latency: Gate = {
  name: 'latency',
  asks: 'is p95 of warm successes within the ratio?',
  fails:
    'lower bound of the ratio over users > limit, beyond how blocks of time scatter; probes: lower bound > limit; or an outage (`catastrophe`)',
  passes: 'upper bound ≤ limit, with the same scatter',
  remedy: 'Latency rose at body read: increase memory or reserve concurrency, and adjust stream chunk sizes.',
  roles: { canary: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: ['traffic'],
  rounds: TIMING_ROUNDS,
  settings: {
    latencyRatio: {
      kind: 'ratio',
      default: 1.25,
      stricter: 'lower',
      says: 'Largest p95 of `to` over `from`, warm requests.',
      why: 'the playbook’s p95 limit',
    },
  },
  besides: '`clusters`, `catastrophe`, `history`',
  rule: brokenDown(judgeLatency),
};

function judgeLatency(input: LookInput, part: PartSums | null, share: number): Ruling {
  const { minSamples } = input.settings;
  const sources = [usersOf(input, part), probesOf(input)].filter((source) => source !== null);
  const ready = sources.filter(({ final }) => least(final) >= minSamples);
  if (ready.length === 0) return tooLittle(input, part, sources);

  const levels = lookLevels(input.look, share);
  const first = ready.map(({ final }) => final.judge(levels));
  const decides = decider(first);
  const primary = ready[decides];
  if (primary === undefined || first[decides] === null) {
    return inconclusive(
      'latency_unusable',
      'Latencies of a whole arm are 0: the telemetry measures nothing.',
    );
  }
  const stream = primary.usable();
  // The other source may fail as well: probes see the uncached path, users see what they see.
  const others = ready.filter((_, i) => i !== decides);
  const tests = 1 + Number(stream !== null) + others.length;
  const split = { fail: levels.fail / tests, pass: levels.pass };
  const judge = (compared: Compared | null): JudgedSeries[] => {
    // At an undivided level the first judgement stands.
    const at = tests === 1 ? ready.findIndex(({ final }) => final === compared) : -1;
    const judged = compared === null ? null : at < 0 ? compared.judge(split) : first[at];
    return judged === null || judged === undefined ? [] : [judged];
  };
  const deciding = [primary.final, stream].flatMap(judge);
  const beside = others.flatMap(({ final }) => judge(final));
  return rule(input, deciding, beside);
}

/** Holm over the series for FAIL (its first step decides whether any fails), all of them for PASS. */
function rule(input: LookInput, deciding: readonly JudgedSeries[], beside: readonly JudgedSeries[]): Ruling {
  const limit = input.settings.latencyRatio;
  const all = [...deciding, ...beside];
  const failing = all.find((one) => one.isFail);
  const [first] = deciding;
  const shown = failing ?? deciding.find((one) => !one.isPass) ?? first;
  if (shown === undefined) return inconclusive('latency_unusable', 'Latencies of a whole arm are 0.');
  const bound = failing === undefined ? shown.passUpper : shown.failLower;
  const sentence = `p95 warm of ${shown.name} ${ms(shown.toP95)} against ${ms(shown.fromP95)}: ratio ${shown.ratio.toFixed(2)}, ${failing === undefined ? 'at most' : 'at least'} ${fixed(bound, 2)} (limit ${limit}, ${shown.n} an arm).${shown.why}`;
  const facts: Facts = {
    from: shown.record.from,
    to: shown.record.to,
    effect: shown.record.effect,
    threshold: { pass: limit, block: limit, source: 'settings.latencyRatio' },
    power: { required: shown.required, actual: shown.n, deff: shown.deff },
    series: all.map((one) => one.record),
    ...(shown.clusters === null ? {} : { clusters: shown.clusters }),
  };
  if (failing !== undefined) {
    const offenders = failing.name.startsWith('users') ? slowestParts(input) : [];
    const code = failing.clusters?.failedBy === 'catastrophe' ? 'latency_outage' : 'p95_ratio_over_limit';
    return fail(code, sentence, { ...facts, offenders });
  }
  const slower = beside.find((one) => one.isSlower);
  if (slower !== undefined) {
    const why = `${slower.name} seem slower (ratio ${slower.ratio.toFixed(2)}, ${slower.n} an arm)${slower.decides ? '' : ' at two looks running'}`;
    return inconclusive('sources_disagree', `Not decided: ${why}, but ${sentence}`, facts);
  }
  if (!shown.decides) {
    const seen = { ...facts, power: null };
    return shown.isSlower
      ? inconclusive(OVER_TWICE, `Over the limit at two looks running: ${sentence}`, seen)
      : underpowered('p95_not_proved', `Not decided: ${sentence}`, seen);
  }
  if (deciding.every((one) => one.isPass)) return atEnd(input.look, pass(sentence, facts));
  // Enough requests and still over the limit is an objection; anything else only needs more of them.
  return input.look.final && shown.n >= shown.required && shown.ratio > limit
    ? inconclusive('p95_suspect', `Not decided: ${sentence}`, facts)
    : underpowered(
        'p95_not_proved',
        `Not decided: ${sentence} ${Number.isFinite(shown.passUpper) ? `About ${shown.required} would do.` : 'Too few to bound it.'}`,
        facts,
      );
}

/** Users decide when they are plenty to prove a healthy build, or at least as many as the probes; never where telemetry knows none. */
function decider(judged: readonly (JudgedSeries | null)[]): number {
  const users = judged.findIndex((one) => one?.name === 'users');
  const probes = judged.findIndex((one) => one?.name === 'probes');
  if (users < 0 || probes < 0) return Math.max(users, probes);
  const [u, p] = [judged[users], judged[probes]];
  if (u?.decides === false) return probes;
  const isThin = (u?.n ?? 0) < PLENTY * (u?.required ?? Infinity) && (u?.n ?? 0) < (p?.n ?? 0);
  return isThin ? probes : users;
}

function tooLittle(input: LookInput, part: PartSums | null, sources: readonly Source[]): Ruling {
  const most = (arm: 'to' | 'from'): number => Math.max(0, ...sources.map(({ final }) => final.size[arm]));
  const [from, to] = [most('from'), most('to')];
  const facts: Facts = {
    from: { n: from },
    to: { n: to },
    power: { required: input.settings.minSamples, actual: Math.min(from, to), deff: null },
  };
  const isTimed = from > 0 && to > 0;
  if (!isTimed && input.traffic !== null && isStale(input)) {
    return inconclusive('stale', 'Telemetry stopped before the window ended, and no probe was timed.', facts);
  }
  if (!isTimed) {
    const asked = { to: requestsIn(part?.errors.arms.to), from: requestsIn(part?.errors.arms.from) };
    const quiet = from + to + asked.to + asked.from === 0 ? trafficMissing(input, asked) : null;
    if (quiet !== null) return quiet;
    const [color, other] = asked.to === 0 ? [input.to, asked.from] : [input.from, asked.to];
    return asked.to + asked.from === 0 || (asked.to > 0 && asked.from > 0)
      ? inconclusive('no_data', 'No warm request was timed on both colors.', facts)
      : inconclusive('one_sided', `No request was timed on ${color}; ${other} came to the other.`, facts);
  }
  return underpowered(
    'too_few',
    `${to} and ${from} warm requests; ${input.settings.minSamples} an arm are needed.`,
    facts,
  );
}

function requestsIn(arm: Series | null | undefined): number {
  return arm === null || arm === undefined ? 0 : total(arm.trials.byTick);
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
