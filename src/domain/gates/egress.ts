/**
 * Egress: do `to`'s outbound calls (webhooks, tools) succeed?
 * Invariant: a missing permission fails at once; a share under the limit that chance could explain is not a pass.
 */
import type { LookInput } from '../look-input.ts';
import { clopperPearsonInterval } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import {
  fail,
  inconclusive,
  pass,
  percent,
  sickBaseline,
  underpowered,
  type Facts,
  type Ruling,
} from './ruling.ts';

/** So many calls without one success are no accident. */
const ALL_FAILED = 3;

export const egress: Gate = {
  name: 'egress',
  asks: 'do outbound calls succeed?',
  fails: 'success < limit beyond chance; ≥ 3 calls and none succeeded',
  passes: 'success ≥ limit, or no calls (said)',
  remedy: 'Outbound calls fail: check egress rules, webhooks and their secrets on the new color.',
  roles: { audit: 'prove', hold: 'prove' },
  needs: ['counters'],
  settings: {
    egressSuccess: {
      kind: 'share',
      default: 0.99,
      stricter: 'higher',
      says: 'Least share of successful outbound calls.',
      why: 'outbound calls that fail more often than this are a missing permission',
    },
  },
  rule: judgeEgress,
};

function judgeEgress(input: LookInput): Ruling {
  const { fail: alpha } = lookLevels(input.look);
  const limit = input.settings.egressSuccess;
  const of = (color: LookInput['to']) => {
    const mine = input.counters.filter((counter) => counter.color === color);
    const calls = mine.reduce((sum, counter) => sum + counter.egressCalls, 0);
    const failures = Math.min(
      calls,
      mine.reduce((sum, counter) => sum + counter.egressFailures, 0),
    );
    const { estimate, lower, upper } = clopperPearsonInterval(calls - failures, calls, { alpha });
    const isBad = calls > 0 && (upper < limit || (failures === calls && calls >= ALL_FAILED));
    return { known: mine.length > 0, calls, ok: calls - failures, share: estimate, lower, upper, isBad };
  };
  const [from, to] = [of(input.from), of(input.to)];
  const sentence = `${to.ok} of ${to.calls} outbound calls of ${input.to} succeeded (limit ${percent(limit)}), ${from.ok} of ${from.calls} of ${input.from}.`;
  const facts: Facts = {
    from: { n: from.calls, value: from.share, ci: [from.lower, from.upper] },
    to: { n: to.calls, value: to.share, ci: [to.lower, to.upper] },
    threshold: { pass: limit, block: limit, source: 'settings.egressSuccess' },
  };
  if (!to.known) {
    return from.known
      ? inconclusive('one_sided', `${input.to} does not report its outbound calls.`, facts)
      : inconclusive('no_data', 'Neither color reports its outbound calls.', facts);
  }
  if (from.isBad) return sickBaseline(`${input.from}'s calls fail as well. ${sentence}`, facts);
  if (to.isBad) return fail('egress_success_low', sentence, facts);
  if (to.calls === 0) return pass(`${input.to} made no outbound call in the window.`, facts, 'no_calls');
  if (to.share < limit) return underpowered('egress_uncertain', `Not decided: ${sentence}`, facts);
  return pass(sentence, facts);
}
