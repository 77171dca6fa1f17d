/**
 * Stickiness: does every user stay on one side, and is the split the one that was asked for?
 * Invariant: a user who went back fails at once; a skewed share is only a warning, since requests come in clusters of users.
 */
import type { LookInput } from '../look-input.ts';
import { quantileLogE } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { fail, inconclusive, pass, percent, type Facts, type Ruling } from './ruling.ts';
import { requestsOf, slicesNow, trafficMissing } from './traffic.ts';

/** False warnings a hold may give; small, because users' requests are not independent. */
const SKEW_LEVEL = 0.001;
/** Least deviation of the share, relative to the weight, worth a warning. */
const SKEW = 0.2;
/** From this share of requests in doubt on, the weight was not in force and a hold has not shown anything. */
const DOUBT_SHARE = 0.05;

export const stickiness: Gate = {
  name: 'stickiness',
  asks: 'does every user stay on one side?',
  fails: 'one user on both colors in one generation',
  passes: 'none; a skewed share warns',
  remedy: 'Users changed sides: check the sticky key, the salt and that every region serves one generation.',
  roles: { canary: 'guard', ramp: 'guard' },
  needs: ['traffic', 'lines'],
  rule: judgeStickiness,
};

function judgeStickiness(input: LookInput): Ruling {
  const flips = input.traffic?.flipBacks ?? 0;
  const from = requestsOf(slicesNow(input, input.from));
  const to = requestsOf(slicesNow(input, input.to));
  const facts: Facts = {
    from: { n: from },
    to: { n: to, value: flips },
    threshold: { pass: 0, block: 1, source: 'one side per user and generation' },
  };
  if (flips > 0) {
    return fail(
      'users_changed_sides',
      `${flips} users were seen on both colors within one generation.`,
      facts,
    );
  }
  const doubt = doubtOf(input, from + to);
  if (doubt !== null && doubt.share >= DOUBT_SHARE)
    return inconclusive('edge_in_doubt', doubt.sentence, facts);
  const missing = trafficMissing(input, { from: from + to, to });
  if (missing !== null) return missing;
  const share = to / (from + to);
  const sentence = `No user changed sides in ${from + to} requests; ${percent(share)} are on ${input.to}.`;
  if (doubt !== null) return pass(`Warning, ${doubt.sentence} ${sentence}`, facts, 'edge_in_doubt');
  return isSkewed(input, from + to, to)
    ? pass(
        `Warning, the weight is ${input.weightPercent} % (bucketing skew?): ${sentence}`,
        facts,
        'share_skewed',
      )
    : pass(sentence, facts);
}

/**
 * Requests that a region answered without a config it could trust. They follow no weight, so they say nothing of users who
 * changed sides; many of them mean that the edge was out, which is no fault of either color.
 */
function doubtOf(
  input: LookInput,
  seen: number,
): { readonly share: number; readonly sentence: string } | null {
  const { requests, regions } = input.traffic?.inDoubt ?? { requests: 0, regions: [] };
  if (requests === 0) return null;
  return {
    share: requests / Math.max(seen, requests),
    sentence: `the edge was out in ${regions.join(', ')}: ${requests} requests were served there by a config that could not be confirmed.`,
  };
}

/** Sample-ratio mismatch: beta-binomial e-process on `to`'s share of requests. */
function isSkewed(input: LookInput, n: number, to: number): boolean {
  const weight = (input.weightPercent ?? 0) / 100;
  if (weight <= 0 || weight >= 1) return false;
  if (Math.abs(to / n - weight) <= SKEW * weight) return false;
  return quantileLogE(n, to, { p: weight }) >= Math.log(1 / SKEW_LEVEL);
}
