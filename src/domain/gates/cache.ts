/**
 * Cache: is `to`'s hit rate within `cache.drop` of `from`'s, and is every key its own?
 * Invariant: one lookup under the other color's prefix fails at once; a rise is never a fault by itself, but it is said,
 * because reading the other color's keys looks like one.
 */
import type { LookInput, TrafficSlice } from '../look-input.ts';
import { newcombeInterval, rateDropSampleSize } from '../stats/index.ts';
import { brokenDown } from './breakdown.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import {
  atEnd,
  fail,
  inconclusive,
  pass,
  percent,
  skipped,
  underpowered,
  type Facts,
  type Ruling,
} from './ruling.ts';
import { isStale, requestsOf, trafficArms, trafficMissing, type TrafficArms } from './traffic.ts';

export const cache: Gate = {
  name: 'cache',
  asks: 'is the hit rate of repeated lookups within five points?',
  fails: 'any lookup under the other color’s prefix; drop > limit (Newcombe)',
  passes: 'drop ≤ limit (upper bound); `skipped` when no request looks anything up again',
  remedy:
    'The cache hit rate moved: check the prefixes (a rise means keys are shared between colors) and prime the popular keys.',
  roles: { canary: 'guard', ramp: 'guard', caches: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['traffic'],
  subject: 'cache',
  // A color that reads the other's entries explains whatever else is wrong with the answers.
  explainsOthers: ['cache_foreign_prefix'],
  settings: {
    'cache.drop': {
      kind: 'share',
      default: 0.05,
      stricter: 'lower',
      says: 'Largest drop of the cache hit rate; 0.05 is five points.',
      why: 'the playbook’s five points',
    },
    'cache.maxShare': {
      kind: 'share',
      default: 0.5,
      stricter: 'higher',
      says: 'Share of users on `to` up to which the gate decides.',
      why: 'above it the busier color evicts more, whatever its code does',
    },
  },
  block: 'Hit rate of repeated lookups.',
  rule: brokenDown(judgeCache),
};

function judgeCache(input: LookInput, share = 1): Ruling {
  const foreign = input.traffic?.foreignCacheLookups ?? 0;
  if (foreign > 0) {
    return fail(
      'cache_foreign_prefix',
      `${foreign} lookups of users went to the other color's cache prefix.`,
      {
        to: { n: foreign, value: foreign },
      },
    );
  }
  const arms = trafficArms(input);
  const [from, to] = [countsOf(arms.from), countsOf(arms.to)];
  const missing =
    noRepeats(input, arms, from.trials + to.trials) ??
    trafficMissing(input, { from: from.trials, to: to.trials }, 'repeated lookups');
  if (missing !== null) return missing;
  const {
    cache: { drop: limit },
    minSamples,
  } = input.settings;
  const levels = lookLevels(input.look, share);
  const n = Math.min(from.trials, to.trials);
  const atFail = newcombeInterval(from, to, { alpha: levels.fail });
  const atPass = newcombeInterval(from, to, { alpha: levels.pass });
  const rate = from.hits / from.trials;
  const required = rateDropSampleSize(Math.min(0.99, Math.max(0.01, rate)), Math.max(limit, 0.001), {
    alpha: levels.pass,
  });
  const sentence =
    `Hit rate ${percent(to.hits / to.trials)} of ${to.trials} repeated lookups against ${percent(rate)} of ${from.trials}; ` +
    `drop ${percent(atPass.estimate)}, between ${percent(atFail.lower)} and ${percent(atPass.upper)} (limit ${percent(limit)}).`;
  const facts: Facts = {
    from: { n: from.trials, value: rate },
    to: { n: to.trials, value: to.hits / to.trials },
    effect: {
      kind: 'difference',
      estimate: atPass.estimate,
      lower: atFail.lower,
      upper: atPass.upper,
      alpha: levels.fail,
      method: 'Newcombe (Wilson) on from minus to',
    },
    threshold: { pass: limit, block: limit, source: 'settings.cache.drop' },
    power: { required, actual: n, deff: null },
  };
  if (n < minSamples) {
    return underpowered('too_few', `${n} repeated lookups an arm; ${minSamples} are needed.`, facts);
  }
  if (atFail.lower > limit) return fail('cache_hit_drop', sentence, facts);
  if (atPass.upper <= limit) {
    return atFail.upper < -limit
      ? atEnd(
          input.look,
          pass(`Warning, keys may be shared between colors: ${sentence}`, facts, 'cache_rise_leak'),
        )
      : atEnd(input.look, pass(sentence, facts));
  }
  return input.look.final && n >= required && atPass.estimate > limit
    ? inconclusive('cache_suspect', `Not decided: ${sentence}`, facts)
    : underpowered('cache_not_proved', `Not decided: ${sentence}`, facts);
}

/** A service without a cache has users and no lookup to compare; a judge that sees nothing has no users either. */
function noRepeats(input: LookInput, { from }: TrafficArms, lookups: number): Ruling | null {
  const requests = requestsOf(from);
  if (lookups > 0 || requests === 0 || isStale(input)) return null;
  const sentence = `None of ${requests} requests of ${input.from} was a repeated cache lookup`;
  return requests >= input.settings.minSamples
    ? skipped('nothing_cached', `${sentence}: there is no hit rate to compare.`)
    : underpowered('too_few', `${sentence}; ${input.settings.minSamples} are needed to say there are none.`);
}

function countsOf(slices: readonly TrafficSlice[]): { hits: number; trials: number } {
  return {
    hits: slices.reduce((sum, slice) => sum + slice.cache.hits, 0),
    trials: slices.reduce((sum, slice) => sum + slice.cache.lookups, 0),
  };
}
