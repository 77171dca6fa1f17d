/**
 * Cache: does `to` find keys that are still alive as often as `from`, at equal exposure, and is every key its own?
 * Invariant: one lookup under the other color's prefix fails at once; a rise is never a fault by itself, but it is said,
 * because reading the other color's keys looks like one.
 */
import {
  judgeCache as judgeLookups,
  type CacheRuling,
  type CacheSums,
  type CacheTerms,
  type PartSums,
  total,
} from '../clusters/index.ts';
import type { GateClusters } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { rateDropSampleSize } from '../stats/index.ts';
import { brokenDown } from './breakdown.ts';
import type { Gate } from './gate.ts';
import { lookLevels, type LookLevels } from './look-plan.ts';
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
import { sumsMissing, trafficMissing } from './traffic.ts';

export const cache: Gate = {
  name: 'cache',
  asks: 'is the hit rate of keys that are still alive within five points, at equal exposure?',
  fails:
    'any lookup under the other color’s prefix; lower bound of the drop over users > limit, beyond how blocks of time scatter, while `to` has at most `cache.maxShare` of the users',
  passes:
    'upper bound of the drop ≤ limit, with the same scatter; `skipped` above that share, after the flip, and where lines do not tell cache node and lifetime',
  remedy:
    'The cache hit rate moved: check the prefixes (a rise means keys are shared between colors) and prime the popular keys.',
  roles: { canary: 'guard', ramp: 'guard', caches: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['traffic', 'lines'],
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
  rule: (input) => foreign(input) ?? compared(input),
};

const compared = brokenDown(judgeCache);

function foreign({ traffic }: LookInput): Ruling | null {
  const lookups = traffic?.foreignCacheLookups ?? 0;
  if (lookups === 0) return null;
  return fail('cache_foreign_prefix', `${lookups} lookups of users went to the other color's cache prefix.`, {
    to: { n: lookups, value: lookups },
  });
}

function judgeCache(input: LookInput, part: PartSums | null, share: number): Ruling {
  const sums = input.traffic?.sums ?? null;
  if (sums === null || part === null) return sumsMissing(input);
  const { errors, cache: lookups } = part;
  const asked = {
    to: total(errors.arms.to.trials.byTick),
    from: errors.arms.from === null ? asMany(input) : total(errors.arms.from.trials.byTick),
  };
  const missing = trafficMissing(input, asked);
  if (missing !== null) return missing;
  const nothing = errors.arms.from === null ? null : nothingTold(input, lookups, asked);
  if (nothing !== null) return nothing;
  if (lookups === null) {
    return skipped('no_exposure', `${input.from} has no users to compare hit rates with.`);
  }
  const levels = lookLevels(input.look, share);
  const terms = termsOf(input, levels, asked);
  const ruling = judgeLookups(lookups, terms);
  const { to, from, stoppedBy, designEffect } = ruling;
  const limit = terms.cacheDrop;
  const [estimate, n] = [to.missRate - from.missRate, Math.min(to.effective, from.effective)];
  const required = Math.ceil(
    designEffect *
      rateDropSampleSize(Math.min(0.99, Math.max(0.01, 1 - from.missRate)), Math.max(limit, 0.001), {
        alpha: levels.pass,
      }),
  );
  const sentence =
    `Hit rate ${percent(1 - to.missRate)} of ${Math.round(to.effective)} lookups of keys that were still alive, against ` +
    `${percent(1 - from.missRate)} of ${Math.round(from.effective)} at equal exposure; drop ${percent(estimate)} (limit ${percent(limit)}).`;
  const facts: Facts = {
    from: { n: from.effective, value: 1 - from.missRate },
    to: { n: to.effective, value: 1 - to.missRate },
    effect: {
      kind: 'difference',
      estimate,
      lower: ruling.lower,
      upper: ruling.passUpper,
      alpha: levels.fail,
      method:
        'Newcombe (Wilson) on from minus to, weighted to equal time since a key was last asked for, at effective sizes over users',
    },
    threshold: { pass: limit, block: limit, source: 'settings.cache.drop' },
    power: { required, actual: n, deff: designEffect },
    clusters: clustersOfCache(ruling, lookups, limit),
  };
  if (stoppedBy.includes('share')) {
    return skipped(
      'cache_share_over',
      `Not judged above ${percent(terms.maxShare, 0)} of users on ${input.to}, where the busier color evicts more: ${sentence}`,
      facts,
    );
  }
  if (n < terms.minSamples) {
    return underpowered('too_few', `${Math.floor(n)} lookups an arm; ${terms.minSamples} are needed.`, facts);
  }
  if (ruling.verdict === 'fail') return fail('cache_hit_drop', sentence, facts);
  if (ruling.verdict === 'pass') {
    return (ruling.passUpper ?? 0) < -limit
      ? atEnd(
          input.look,
          pass(`Warning, keys may be shared between colors: ${sentence}`, facts, 'cache_rise_leak'),
        )
      : atEnd(input.look, pass(sentence, facts));
  }
  const why = stoppedBy.includes('moments')
    ? ` It strays as much from block to block; a drop of ${percent(limit + (ruling.need ?? 0))} would stand out.`
    : '';
  const isSuspect = n >= required && estimate > limit && !stoppedBy.includes('moments');
  return input.look.final && isSuspect
    ? inconclusive('cache_suspect', `Not decided: ${sentence}${why}`, facts)
    : underpowered('cache_not_proved', `Not decided: ${sentence}${why}`, facts);
}

/** After the flip nobody is expected on `from`. */
function asMany({ settings }: LookInput): number {
  return settings.minSamples;
}

/** A service without a cache has users and no lookup to compare; so has telemetry that does not tell what was asked. */
function nothingTold(
  { settings, from }: LookInput,
  lookups: CacheSums | null,
  asked: { readonly to: number; readonly from: number },
): Ruling | null {
  if (lookups !== null) return null;
  const sentence = `None of ${asked.from} requests of ${from} tells cache node and lifetime of a repeated lookup`;
  return asked.from >= settings.minSamples
    ? skipped('nothing_cached', `${sentence}: there is no hit rate to compare.`)
    : underpowered('too_few', `${sentence}; ${settings.minSamples} are needed to say there are none.`);
}

function termsOf(
  { settings, weightPercent }: LookInput,
  levels: LookLevels,
  { to, from }: { readonly to: number; readonly from: number },
): CacheTerms {
  const { cache: limits, minSamples } = settings;
  return {
    alpha: levels.fail,
    passAlpha: levels.pass,
    cacheDrop: limits.drop,
    share: weightPercent === undefined ? to / (to + from) : weightPercent / 100,
    maxShare: limits.maxShare,
    minSamples,
  };
}

function clustersOfCache(
  { to, from, stoppedBy, verdict, designEffect, scatter, need }: CacheRuling,
  { grid }: CacheSums,
  limit: number,
): GateClusters {
  return {
    failedBy: verdict === 'fail' ? 'rule' : null,
    stoppedBy,
    designEffect: { to: designEffect, from: designEffect },
    users: null,
    p: null,
    effect: to.missRate - from.missRate - limit,
    need,
    scatter,
    decidedBy: scatter === null ? null : 'hold',
    blocks: Math.floor(grid.ticks / grid.blockTicks),
    blockMs: grid.tickMs * grid.blockTicks,
    tickMs: grid.tickMs,
  };
}
