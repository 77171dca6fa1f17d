/**
 * Error novelty: does `to` fail in a way `from` never did?
 * Invariant: a class reproduced by an immediate replay on `to` only fails at once; a class that merely appeared blocks a
 * PASS (`suspect`) until it is beyond chance against a day of `from`. One that came once and did not come again in a replay is
 * too little to object.
 */
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { noveltyPValue } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { runsOf } from './questions.ts';
import { lookLevels } from './look-plan.ts';
import { atEnd, fail, inconclusive, pass, underpowered, type Facts, type Ruling } from './ruling.ts';
import { isStale, requestsOf, slicesNow } from './traffic.ts';

export const errorNovelty: Gate = {
  name: 'error-novelty',
  asks: 'does `to` fail in a way `from` never did?',
  fails: 'a class reproduced by replay on `to` only; or p = (N_to / (N_to + N_from))^m within the level',
  passes: 'no new class; one that came once and not again in three replays is no objection of a guard',
  remedy:
    'A new error class appeared: check boot order and version skew, body limits and stream termination.',
  roles: { shadow: 'guard', canary: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['traffic', 'replays'],
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
  const to = armOf(input, input.to);
  const from = armOf(input, input.from);
  const known = knownClasses(input, from);
  const behind = (input.catalogue?.requests ?? 0) + from.requests;
  const levels = lookLevels(input.look);
  const fresh = newClasses(input);
  const reproduced = input.replays.filter(
    ({ errorClass, onTo, onFrom }) => onTo > 0 && onFrom === 0 && !known.has(errorClass),
  );
  const rows = fresh.map(({ name, count }) => ({
    name,
    count,
    p: noveltyPValue(count, to.requests, behind),
  }));
  const facts: Facts = {
    from: { n: behind, value: 0 },
    to: { n: to.requests, value: fresh.reduce((sum, { count }) => sum + count, 0) },
    threshold: { pass: 0, block: null, source: 'catalogue of the last day' },
    offenders: rows.map(({ name, count, p }): Offender => ({
      id: name,
      from: 0,
      to: count,
      why: `new class, p ${p.toExponential(1)}`,
    })),
  };
  const [replay] = reproduced;
  if (replay !== undefined) {
    return fail(
      'new_error_reproduced',
      `${replay.errorClass} came again in ${replay.onTo} of ${replay.tries} replays on ${input.to} and in none on ${input.from}.`,
      facts,
    );
  }
  if (to.requests === 0) {
    return behind === 0 || from.requests === 0
      ? inconclusive('no_data', `No request of ${input.to} was seen.`, facts)
      : inconclusive(
          'one_sided',
          `No request of ${input.to} was seen, ${from.requests} of ${input.from}.`,
          facts,
        );
  }
  if (behind === 0) {
    return inconclusive('no_catalogue', `Nothing is known of ${input.from}'s errors to compare with.`, facts);
  }
  const worst = rows[0];
  if (worst !== undefined) {
    const text = `${worst.name} ${worst.count} times in ${to.requests} requests of ${input.to}, never in ${behind} of ${input.from} (p ${worst.p.toExponential(1)}).`;
    if (worst.p <= levels.fail / rows.length) return fail('new_error_class', text, facts);
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
      `No new error class in ${to.requests} requests of ${input.to}; ${behind} of ${input.from} are known.`,
      facts,
    ),
  );
}

/** Classes of `to` that neither a day of `from` nor `from` meanwhile nor a replay on `from` showed, the most frequent first. */
export function newClasses(input: LookInput): { readonly name: string; readonly count: number }[] {
  const known = knownClasses(input, armOf(input, input.from));
  const onBoth = new Set(
    input.replays.filter(({ onFrom }) => onFrom > 0).map(({ errorClass }) => errorClass),
  );
  return [...armOf(input, input.to).classes]
    .filter(([name]) => !known.has(name) && !onBoth.has(name))
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** The day of `from` before the hold, and what it showed meanwhile. */
function knownClasses({ catalogue }: LookInput, from: Arm): ReadonlySet<string> {
  return new Set([...Object.keys(catalogue?.classes ?? {}), ...from.classes.keys()]);
}

/** True when a replay was tried on both colors and the class did not come again. */
function isGone({ replays }: LookInput, name: string): boolean {
  return replays.some(({ errorClass, onTo, tries }) => errorClass === name && tries > 0 && onTo === 0);
}

interface Arm {
  /** User requests and probe runs: whatever could have shown a class. */
  readonly requests: number;
  readonly classes: ReadonlyMap<string, number>;
}

function armOf(input: LookInput, color: Color): Arm {
  const classes = new Map<string, number>();
  const add = (name: string, count: number): void => void classes.set(name, (classes.get(name) ?? 0) + count);
  const slices = slicesNow(input, color);
  for (const slice of slices) for (const [name, count] of Object.entries(slice.errors)) add(name, count);
  let runs = 0;
  for (const run of runsOf(input.probes, color)) {
    runs += 1;
    if (run.error !== null) add(run.error, 1);
  }
  return { requests: requestsOf(slices) + runs, classes };
}
