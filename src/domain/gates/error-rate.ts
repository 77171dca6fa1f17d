/**
 * Error rate: do users of `to` meet more server errors than `errorRatio` times those of `from`, beyond how users and moments scatter?
 * Invariant: a user's failure counts once, no client decides alone, and PASS allows for the same scatter as FAIL.
 */
import {
  errorsByBlock,
  exceedsBaseline,
  judgeErrorRate as judgeBeside,
  judgeErrorRateAgainst,
  judgeErrorRateAlone,
  standInOf,
  type ClusterRuling,
  type LookTerms,
  type PartSums,
  type SumsTerms,
} from '../clusters/index.ts';
import type { LookInput } from '../look-input.ts';
import { brokenDown } from './breakdown.ts';
import {
  blocksOfHold,
  clustersOf,
  dayBeside,
  lookTerms,
  mayBeEarly,
  seenBefore,
  usable,
} from './clustered.ts';
import { rateStandsOut, whySaid } from './cluster-words.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import {
  atEnd,
  fail,
  pass,
  percent,
  sickBaseline,
  underpowered,
  inconclusive,
  type Facts,
  type Ruling,
} from './ruling.ts';
import { sumsMissing, trafficMissing } from './traffic.ts';
import { askedTwice, clustersWithoutUsers, seenOnce, totalsOf } from './without-users.ts';

/** Error rate at which a color counts as down. */
const DOWN = 0.5;

export const errorRate: Gate = {
  name: 'error-rate',
  asks: 'do users meet more server errors?',
  fails:
    'rate over `errorRatio` times that of `from` and over `errorFloor`, beyond how users and blocks of time scatter; or an outage (`catastrophe`)',
  passes: 'upper bound of the ratio ≤ `errorRatio`, or of the rate ≤ the limit, with the same scatter',
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
  besides: '`clusters`, `catastrophe`, `history`',
  rule: askedTwice(brokenDown(judgeErrorRate)),
};

function judgeErrorRate(input: LookInput, part: PartSums | null, share: number): Ruling {
  const sums = input.traffic?.sums ?? null;
  if (sums === null || part === null) return sumsMissing(input);
  const { arms } = part.errors;
  const against = arms.from === null ? alone(input, sums.terms, part) : beside(input, sums.terms, part);
  const levels = lookLevels(input.look, share);
  const terms = lookTerms(input, sums.terms, levels, against.isEarly);
  const ruling = against.judge(terms);
  const [to, from] = [ruling.users.to, ruling.users.from];
  const missing = trafficMissing(input, { from: from.trials, to: to.trials });
  if (missing !== null) return missing;
  const { errorRatio, errorFloor, minSamples } = input.settings;
  const rate = { to: to.events / to.trials, from: from.events / from.trials };
  const limit = Math.max(errorFloor, errorRatio * rate.from);
  const sentence =
    `${to.events} server errors in ${to.trials} requests of ${input.to} (${percent(rate.to, 2)}) ` +
    `against ${percent(rate.from, 2)} in ${from.trials} of ${input.from}${against.when}; limit ${percent(limit, 2)}.`;
  const facts: Facts = {
    from: { n: from.trials, value: rate.from },
    to: { n: to.trials, value: rate.to },
    effect: {
      kind: 'ratio',
      estimate: limit === 0 ? 0 : rate.to / limit,
      lower: null,
      upper: ruling.passUpper,
      alpha: levels.fail,
      method:
        'rate over its limit; FAIL: exact test at effective sizes over users, and scatter of blocks; PASS: exact bound with both',
    },
    threshold: { pass: limit, block: limit, source: 'settings.errorRatio, settings.errorFloor' },
    // Without an error n independent requests bound the rate at ln(1/alpha)/n.
    power: {
      required: Math.ceil(Math.log(1 / levels.pass) / limit),
      actual: to.trials,
      deff: to.designEffect,
    },
    clusters: clustersOf(ruling, terms, arms.to.trials.users),
  };
  if (from.trials >= minSamples && rate.from >= DOWN) {
    return sickBaseline(`${input.from} itself is down. ${sentence}`, facts);
  }
  if (to.trials < minSamples) {
    return underpowered('too_few', `${to.trials} requests on ${input.to}; ${minSamples} are needed.`, facts);
  }
  // Beyond what the level of a PASS allows, not yet beyond that of a FAIL.
  const isSuspect =
    ruling.verdict === 'inconclusive' && !ruling.stoppedBy.includes('limit') && against.isSuspect(terms);
  if (totalsOf(input) !== null) {
    const clusters = clustersWithoutUsers(clustersOf(ruling, terms, 0));
    return seenOnce(ruling.verdict === 'fail' || isSuspect, sentence, { ...facts, clusters });
  }
  const why = whySaid(ruling, {
    to: input.to,
    from: input.from,
    events: 'errors',
    terms,
    series: arms.to,
    standsOut: rateStandsOut(ruling, { to: input.to, allowed: errorRatio * rate.from }),
    isAlone: arms.from === null,
  });
  if (ruling.verdict === 'fail') {
    const code = ruling.failedBy === 'catastrophe' ? 'errors_outage' : 'error_rate_over_limit';
    return fail(code, `${sentence}${why}`, facts);
  }
  if (ruling.verdict === 'pass') return atEnd(input.look, pass(sentence, facts));
  return isSuspect
    ? inconclusive('error_rate_suspect', `Not decided: ${sentence}${why}`, facts)
    : underpowered('error_rate_not_proved', `Not decided: ${sentence}${why}`, facts);
}

/** What a look is judged against: `from`, or what stands for it. */
interface Against {
  /** After the name of `from`: of which time it is. */
  readonly when: string;
  readonly isEarly: boolean;
  readonly judge: (terms: LookTerms) => ClusterRuling;
  readonly isSuspect: (terms: LookTerms) => boolean;
}

/** Fails at the level of a PASS. */
function failsAtPass(judge: Against['judge']): Against['isSuspect'] {
  return (terms) =>
    judge({ ...terms, alpha: terms.passAlpha ?? terms.alpha, passAlpha: null }).verdict === 'fail';
}

function beside(input: LookInput, terms: SumsTerms, { part, errors }: PartSums): Against {
  const stored = part === null ? dayBeside(input, terms) : null;
  const day = usable(stored === null ? null : errorsByBlock(stored), terms);
  const judge = (at: LookTerms): ClusterRuling => judgeBeside(errors, input.settings, at, day);
  return { when: '', isEarly: mayBeEarly(input, day, errors.arms), judge, isSuspect: failsAtPass(judge) };
}

/** After the flip: the day at the same hours, else all of it; without a usable one the rate that was seen before. */
function alone(input: LookInput, terms: SumsTerms, { errors }: PartSums): Against {
  const stored = dayBeside(input, terms);
  const blocks = stored === null ? null : errorsByBlock(stored);
  const day = usable(blocks, terms);
  const { settings } = input;
  if (stored !== null && day !== null) {
    const at = standInOf(stored, terms);
    const judge = (look: LookTerms): ClusterRuling =>
      judgeErrorRateAlone(errors, settings, look, day, at, blocksOfHold(terms)) ??
      judgeErrorRateAgainst(errors, settings, look, seenBefore(input, blocks));
    return {
      when: at.first === null ? ' in the day before' : ' at these hours a day before',
      isEarly: false,
      judge,
      isSuspect: failsAtPass(judge),
    };
  }
  const before = seenBefore(input, blocks);
  return {
    when: ' before the flip',
    isEarly: false,
    judge: (look) => judgeErrorRateAgainst(errors, settings, look, before),
    isSuspect: (look) => exceedsBaseline(errors, settings, look, before),
  };
}
