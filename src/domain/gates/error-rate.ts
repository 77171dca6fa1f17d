/**
 * Error rate: do users of `to` fail more often than `errorRatio` times those of `from`?
 * Invariant: FAIL is a sequential e-value, valid at every look; PASS needs an upper bound, so that few requests without
 * an error prove nothing.
 */
import type { LookInput } from '../look-input.ts';
import { clopperPearsonInterval, errorRateLogE, rateRatioInterval } from '../stats/index.ts';
import { brokenDown } from './breakdown.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import {
  atEnd,
  fail,
  inconclusive,
  pass,
  percent,
  sickBaseline,
  underpowered,
  type Facts,
  type Ruling,
} from './ruling.ts';
import { errorsOf, requestsOf, trafficArms, trafficMissing } from './traffic.ts';

/** Error rate at which a color counts as down. */
const DOWN = 0.5;

export const errorRate: Gate = {
  name: 'error-rate',
  asks: 'do users fail more often?',
  fails: 'e-value ≥ 100 (level 0.01 over all looks) against `errorRatio`, and rate > `errorFloor`',
  passes: 'upper bound of the ratio ≤ `errorRatio`, or of the rate ≤ the limit',
  remedy: 'Errors rose: check boot order, version skew and timeouts of the color.',
  roles: { canary: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['traffic'],
  settings: {
    errorRatio: {
      kind: 'ratio',
      default: 1.2,
      stricter: 'lower',
      says: 'Largest error rate of `to` over `from`.',
      why: 'the playbook’s limit against the control',
    },
    errorFloor: {
      kind: 'share',
      default: 0.001,
      stricter: 'lower',
      says: 'Error rate that is always fine.',
      why: 'one error in a thousand is nobody’s regression',
    },
  },
  rule: brokenDown(judgeErrorRate),
};

function judgeErrorRate(input: LookInput, share = 1): Ruling {
  const arms = trafficArms(input);
  const requests = { from: requestsOf(arms.from), to: requestsOf(arms.to) };
  const missing = trafficMissing(input, requests);
  if (missing !== null) return missing;
  const { errorRatio, errorFloor, minSamples } = input.settings;
  const levels = lookLevels(input.look, share);
  const counts = {
    greenErrors: errorsOf(arms.to),
    greenRequests: requests.to,
    blueErrors: errorsOf(arms.from),
    blueRequests: requests.from,
  };
  const rate = { from: counts.blueErrors / requests.from, to: counts.greenErrors / requests.to };
  const logE = errorRateLogE(counts, { margin: errorRatio });
  const ratio = rateRatioInterval(counts, { alpha: levels.pass });
  const exact = clopperPearsonInterval(counts.greenErrors, requests.to, { alpha: levels.pass });
  const limit = Math.max(errorFloor, errorRatio * rate.from);
  const sentence =
    `${counts.greenErrors} errors in ${requests.to} requests (${percent(rate.to, 2)}, at most ${percent(exact.upper, 2)}) ` +
    `against ${percent(rate.from, 2)} in ${requests.from}${arms.fromIsBaseline ? ' before the flip' : ''}; ` +
    `limit ${percent(limit, 2)}, evidence ln E ${logE.toFixed(1)} of ${Math.log(1 / levels.anytime).toFixed(1)}.`;
  const facts: Facts = {
    from: { n: requests.from, value: rate.from },
    to: { n: requests.to, value: rate.to, ci: [exact.lower, exact.upper] },
    effect: {
      kind: 'ratio',
      estimate: ratio.estimate,
      lower: ratio.lower,
      upper: ratio.upper,
      alpha: levels.anytime,
      method: 'beta-binomial mixture e-value for FAIL; exact rate ratio and Clopper-Pearson for PASS',
    },
    threshold: { pass: limit, block: limit, source: 'settings.errorRatio, settings.errorFloor' },
    // Without an error n requests bound the rate at ln(1/alpha)/n.
    power: { required: Math.ceil(Math.log(1 / levels.pass) / limit), actual: requests.to, deff: null },
  };
  if (requests.from >= minSamples && rate.from >= DOWN) {
    return sickBaseline(`${input.from} itself is down. ${sentence}`, facts);
  }
  if (requests.to < minSamples) {
    return underpowered(
      'too_few',
      `${requests.to} requests on ${input.to}; ${minSamples} are needed.`,
      facts,
    );
  }
  if (logE >= Math.log(1 / levels.anytime) && rate.to > errorFloor) {
    return fail('error_rate_over_limit', sentence, facts);
  }
  if (ratio.upper <= errorRatio || exact.upper <= limit) return atEnd(input.look, pass(sentence, facts));
  // More errors than allowed, not yet beyond chance, with enough requests to have proved a healthy rate.
  const isSuspect = rate.to > limit && requests.to >= (facts.power?.required ?? Infinity);
  return isSuspect && exact.lower > limit
    ? inconclusive('error_rate_suspect', `Not decided: ${sentence}`, facts)
    : underpowered('error_rate_not_proved', `Not decided: ${sentence}`, facts);
}
