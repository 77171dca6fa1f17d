/** What is said of a plan before its switch: what its gates could see, and what its probes cost. */
import { DEFAULT_PLAN, endLevel } from '../domain/gates/look-plan.ts';
import { gatesFile } from '../plan/schema-gates.ts';
import { probeSight, type ProbeSight } from '../domain/gates/probe-sight.ts';
import type { Plan } from '../domain/plan.ts';
import type { ProbeSet } from '../domain/probe.ts';
import { answeredIds } from '../domain/probes/answered.ts';
import { probeCost, usualAnswerMs, type ProbeCost } from '../domain/probes/cost.ts';
import { planSight, type PlanSight } from '../plan/sight.ts';
import { probeCostLines, probeSightLines, sightLines } from '../plan/sight-text.ts';
import type { Known } from './known-traffic.ts';

export interface Said {
  readonly gates: PlanSight;
  readonly probes: ProbeSight;
  readonly cost: ProbeCost;
  /** For people. */
  readonly lines: readonly string[];
}

/** @param answerMs measured time of one answer; null: as telemetry or the plan tells */
export function saidBefore(plan: Plan, set: ProbeSet, known: Known, answerMs: number | null = null): Said {
  const gates = planSight(plan, known.traffic);
  const probes = sightOfSet(set, plan);
  const cost = probeCost(plan, askedOf(set, plan), answerMs ?? usualAnswerMs(known.traffic?.days ?? []));
  return {
    gates,
    probes,
    cost,
    lines: [...sightLines(gates, known.source), ...probeSightLines(probes), ...probeCostLines(cost)],
  };
}

/** Questions of the set, and those of them that are asked for whole answers. */
export function askedOf(
  { probes, digest }: ProbeSet,
  plan: Plan | null,
): Pick<ProbeCost, 'questions' | 'answered'> {
  const most = plan?.probes.retrieval?.answers ?? null;
  return { questions: probes.length, answered: answeredIds(probes, most, digest).size };
}

/** At the level of the end of the last hold, as preflight asks it. @param plan null: as a plan has it that says nothing of it */
export function sightOfSet(set: ProbeSet, plan: Plan | null): ProbeSight {
  const { probes } = set;
  const topics = new Map<string, number>();
  for (const { topic } of probes) topics.set(topic, (topics.get(topic) ?? 0) + 1);
  const looks =
    plan === null ? DEFAULT_PLAN : { looks: plan.hold.looks, extensions: plan.onInconclusive.extensions };
  const { answered } = askedOf(set, plan);
  return probeSight({ topics, answered }, plan?.gates ?? gatesFile.parse({}), endLevel(looks));
}
