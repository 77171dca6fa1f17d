/**
 * Schema: does `to` answer in a form that `from` keeps and it does not?
 * Invariant: compared probe by probe; what both break is the schema's or the gold set's fault, never `to`'s.
 */
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { mcnemarExact } from '../stats/index.ts';
import { GRID_CELLS } from '../probes/rounds.ts';
import type { Gate } from './gate.ts';
import { answeredOnly, runsOf } from './questions.ts';
import { lookLevels } from './look-plan.ts';
import { fail, inconclusive, pass, sickBaseline, type Facts, type Ruling } from './ruling.ts';

export const schema: Gate = {
  name: 'schema',
  asks: 'does `to` break its answer schema where `from` does not?',
  fails: 'a probe broken on `to` only (if `from` breaks others: exact McNemar)',
  passes: 'none broken',
  remedy: 'Answers break their schema: lock tool and answer schemas, and validate them in the build.',
  roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: ['probes'],
  rounds: GRID_CELLS,
  besides: '`probes.response.schema`',
  rule: judgeSchema,
};

function judgeSchema(input: LookInput): Ruling {
  const from = armOf(input, input.from);
  const to = armOf(input, input.to);
  const broken = [...to.violations].filter(([id]) => !from.violations.has(id) && from.probes.has(id));
  const alone = [...from.violations].filter(([id]) => !to.violations.has(id) && to.probes.has(id));
  const both = [...to.violations].filter(([id]) => from.violations.has(id));
  const facts: Facts = {
    from: { n: from.answers, value: from.violations.size },
    to: { n: to.answers, value: to.violations.size },
    threshold: { pass: 0, block: 1, source: 'answer schema' },
    offenders: broken
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, codes]): Offender => ({ id, from: 0, to: codes.length, why: codes.join(', ') })),
  };
  if (to.answers === 0 && from.answers === 0) return inconclusive('no_data', 'No probe was answered.', facts);
  if (to.answers === 0 || from.answers === 0) {
    const silent = to.answers === 0 ? input.to : input.from;
    return inconclusive('one_sided', `No probe was answered on ${silent}.`, facts);
  }
  const first = broken[0]?.[1][0] ?? '';
  const text = `${broken.length} of ${to.probes.size} probes break the schema on ${input.to} and not on ${input.from}`;
  if (broken.length > 0 && from.violations.size === 0)
    return fail('schema_violation', `${text}: ${first}.`, facts);
  // `from` breaks it too, elsewhere: then only a difference beyond chance is `to`'s fault.
  if (mcnemarExact(broken.length, alone.length) <= lookLevels(input.look).fail) {
    return fail('schema_violation', `${text}, against ${alone.length} the other way: ${first}.`, facts);
  }
  if (from.violations.size > 0) {
    return sickBaseline(
      `${from.violations.size} probes break the schema on ${input.from} itself (${both.length} on both colors): ${mostOf(from.violations)}.`,
      facts,
    );
  }
  if (to.violations.size > 0) {
    return inconclusive(
      'one_sided',
      `${to.violations.size} broken probes were not answered on ${input.from}.`,
      facts,
    );
  }
  return pass(`No violation in ${to.answers} answers of ${input.to}.`, facts);
}

/** The code that most probes have: what to look at first. */
function mostOf(violations: Arm['violations']): string {
  const counts = new Map<string, number>();
  for (const code of [...violations.values()].flat()) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0] ?? '';
}

interface Arm {
  readonly answers: number;
  readonly probes: ReadonlySet<string>;
  /** Distinct violation codes of each probe that has any. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

function armOf(input: LookInput, color: Color): Arm {
  const probes = new Set<string>();
  const violations = new Map<string, string[]>();
  let answers = 0;
  const window = input.probes === null ? null : answeredOnly(input.probes);
  for (const run of runsOf(window, color)) {
    if (run.error !== null) continue;
    answers += 1;
    probes.add(run.probeId);
    if (run.violations.length === 0) continue;
    const codes = new Set([...(violations.get(run.probeId) ?? []), ...run.violations]);
    violations.set(run.probeId, [...codes].sort());
  }
  return { answers, probes, violations };
}
