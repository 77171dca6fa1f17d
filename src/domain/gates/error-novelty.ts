/**
 * Error novelty: do users of `to` meet a server error that `from` never showed?
 * Invariant: distinct users count, and no client decides alone. What the judge's own requests reproduce on `to` only fails at once; a
 * class that merely appeared blocks a PASS (`suspect`) until it is beyond chance. One that came once and did not come again in a
 * replay is too little to object.
 */
import {
  isServerError,
  judgeNovelty,
  noveltyOfUsers,
  type NewClass,
  type NoveltyFinding,
} from '../clusters/index.ts';
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import { REPLAYED, type LookInput } from '../look-input.ts';
import type { Gate } from './gate.ts';
import { runsOf } from './questions.ts';
import { lookLevels } from './look-plan.ts';
import { atEnd, fail, inconclusive, pass, underpowered, type Facts, type Ruling } from './ruling.ts';
import { isStale, requestsOf, slicesNow } from './traffic.ts';

export const errorNovelty: Gate = {
  name: 'error-novelty',
  asks: 'do users meet a server error that `from` never showed?',
  fails:
    'a class reproduced by replay on `to` only, of our own requests or of `clusters.minUsers` users; or one beyond chance over distinct users, also seen outside its strongest moment',
  passes: 'no new class; one that came once and not again in three replays is no objection of a guard',
  remedy:
    'A new error class appeared: check boot order and version skew, body limits and stream termination.',
  roles: { shadow: 'guard', canary: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['traffic', 'lines', 'replays'],
  settings: {
    'novelty.dayMs': {
      kind: 'duration',
      default: '24h',
      stricter: 'lower',
      says: 'How far back the error classes of `from` are known.',
      why: 'nightly jobs fail in their own way',
    },
    'novelty.apart': {
      kind: 'count',
      default: 2,
      stricter: 'lower',
      says: 'Blocks on each side of the strongest one that do not confirm a new class.',
      why: 'one bad moment is not a class',
    },
  },
  block: 'What counts as a new class of errors.',
  besides: '`allowErrors`',
  rule: judgeErrorNovelty,
};

function judgeErrorNovelty(input: LookInput): Ruling {
  const [to, from] = [ownOf(input, input.to), ownOf(input, input.from)];
  const novelty = input.traffic?.sums?.novelty ?? null;
  const day = input.catalogue?.users ?? 0;
  const atRisk = { to: novelty?.users.to ?? 0, from: novelty?.users.from ?? 0, day };
  const behind = atRisk.from + day + from.asked;
  const levels = lookLevels(input.look);
  const found = newClasses(input);
  const terms = { alpha: levels.fail, minUsers: input.settings.clusters.minUsers };
  const counted = found.flatMap(({ seen }) => seen ?? []);
  // All new classes share the level, also those that only the judge met.
  const findings = judgeNovelty(counted, atRisk, {
    ...terms,
    alpha: terms.alpha * (counted.length / Math.max(1, found.length)),
  });
  const rows = found.map((one): Row => rowOf(one, findings, { to, from, alpha: terms.alpha / found.length }));
  const facts: Facts = {
    from: { n: behind, value: 0 },
    to: { n: atRisk.to + to.asked, value: rows.reduce((sum, { count }) => sum + count, 0) },
    threshold: { pass: 0, block: null, source: 'catalogue of the last day' },
    offenders: rows.map(({ name, count, says }): Offender => ({ id: name, from: 0, to: count, why: says })),
  };
  const again = input.replays.find(
    ({ errorClass, onTo, onFrom }) =>
      onTo > 0 &&
      onFrom === 0 &&
      found.some((one) => one.name === errorClass && (one.own > 0 || one.users >= terms.minUsers)),
  );
  if (again !== undefined) {
    return fail(
      'new_error_reproduced',
      `${again.errorClass} came again in ${again.onTo} of ${again.tries} replays on ${input.to} and in none on ${input.from}.`,
      facts,
    );
  }
  if (atRisk.to + to.asked === 0) {
    return behind === 0 || atRisk.from + from.asked === 0
      ? inconclusive('no_data', `No request of ${input.to} was seen.`, facts)
      : inconclusive(
          'one_sided',
          `No request of ${input.to} was seen, but of ${atRisk.from} users of ${input.from}.`,
          facts,
        );
  }
  if (behind === 0) {
    return inconclusive('no_catalogue', `Nothing is known of ${input.from}'s errors to compare with.`, facts);
  }
  const shown = rows.find(({ isNew }) => isNew) ?? rows[0];
  if (shown !== undefined) {
    const text = `${shown.name} met ${shown.says}.`;
    if (shown.isNew) return fail('new_error_class', text, facts);
    return rows.every(({ name, count }) => count === 1 && isGone(input, name))
      ? underpowered('new_error_once', `Not seen again in replays: ${text}`, facts)
      : inconclusive('new_error_suspect', `Suspect: ${text}`, facts);
  }
  if (input.traffic !== null && isStale(input)) {
    return inconclusive('stale', 'Telemetry stopped before the window ended.', facts);
  }
  return atEnd(
    input.look,
    pass(
      `No new class of server errors among ${atRisk.to} users of ${input.to}; what ${behind} of ${input.from} met is known.`,
      facts,
    ),
  );
}

/** A class that is new, and who showed it. */
export interface Fresh {
  readonly name: string;
  /** Distinct users of `to`. */
  readonly users: number;
  /** Distinct questions and replayed requests of the judge itself on `to`. */
  readonly own: number;
  /** What telemetry counted of it; null where only the judge met it. */
  readonly seen: NewClass | null;
}

/** Server classes of `to` that neither a day of `from` nor `from` meanwhile nor a replay on `from` showed, those of most users first. */
export function newClasses(input: LookInput): readonly Fresh[] {
  const own = ownOf(input, input.to).met;
  const seen = new Map((input.traffic?.sums?.novelty.classes ?? []).map((one) => [one.name, one]));
  const known = new Set([
    ...Object.keys(input.catalogue?.classes ?? {}),
    ...ownOf(input, input.from).met.keys(),
    ...slicesNow(input, input.from).flatMap(({ errors }) => Object.keys(errors)),
    ...input.replays.filter(({ onFrom }) => onFrom > 0).map(({ errorClass }) => errorClass),
  ]);
  return [...new Set([...seen.keys(), ...own.keys()])]
    .filter((name) => isServerError(name, input.settings.serverErrors) && !known.has(name))
    .map((name) => ({
      name,
      users: seen.get(name)?.users ?? 0,
      own: own.get(name) ?? 0,
      seen: seen.get(name) ?? null,
    }))
    .sort((a, b) => b.users + b.own - (a.users + a.own) || (a.name < b.name ? -1 : 1));
}

interface Row {
  readonly name: string;
  /** Users, questions and replayed requests that met it. */
  readonly count: number;
  readonly isNew: boolean;
  /** Who met it, and why that does or does not decide. */
  readonly says: string;
}

function rowOf(
  { name, users, own }: Fresh,
  findings: readonly NoveltyFinding[],
  { to, from, alpha }: { readonly to: Own; readonly from: Own; readonly alpha: number },
): Row {
  const finding = findings.find((one) => one.name === name);
  // Both colors are asked the same questions: if the class does not care for color, each falls on either alike.
  const p = own === 0 ? 1 : noveltyOfUsers(own, to.asked, from.asked);
  const who = [
    ...(users === 0 ? [] : [`${users} ${users === 1 ? 'user' : 'users'}`]),
    ...(own === 0 ? [] : [`${own} of our own ${to.asked} requests`]),
  ].join(' and ');
  const least = Math.min(finding?.p ?? 1, p);
  return {
    name,
    count: users + own,
    isNew: finding?.isNew === true || p <= alpha,
    says: `${who} (p ${least.toExponential(1)}${finding === undefined ? '' : stopSaid(finding)})`,
  };
}

function stopSaid({ stoppedBy, outside }: NoveltyFinding): string {
  if (stoppedBy.includes('few')) return ', too few users';
  if (stoppedBy.includes('users')) return ', chance explains it';
  if (stoppedBy.includes('moments')) return `, ${outside} of them outside its strongest moment`;
  return '';
}

/** True when a replay was tried on both colors and the class did not come again. */
function isGone({ replays }: LookInput, name: string): boolean {
  return replays.some(({ errorClass, onTo, tries }) => errorClass === name && tries > 0 && onTo === 0);
}

/** What the judge itself sent to a color. A question asked often is one: it meets the same fault each time. */
interface Own {
  readonly asked: number;
  /** Distinct questions and replayed requests by class. */
  readonly met: ReadonlyMap<string, number>;
}

function ownOf(input: LookInput, color: Color): Own {
  const met = new Map<string, number>();
  const add = (name: string, count: number): void => void met.set(name, (met.get(name) ?? 0) + count);
  const replayed = slicesNow(input, color).filter(
    ({ region, route }) => region === REPLAYED.region && route === REPLAYED.route,
  );
  for (const { errors } of replayed) for (const [name, count] of Object.entries(errors)) add(name, count);
  const questions = new Map<string, Set<string>>();
  const asked = new Set<string>();
  for (const { probeId, error } of runsOf(input.probes, color)) {
    asked.add(probeId);
    if (error !== null) questions.set(error, (questions.get(error) ?? new Set()).add(probeId));
  }
  for (const [name, ids] of questions) add(name, ids.size);
  return { asked: requestsOf(replayed) + asked.size, met };
}
