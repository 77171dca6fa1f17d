/**
 * What the gates of a plan could see, whether its past suffices, and what its probes cost.
 * Invariant: telemetry is read, nothing is sent; what cannot be told is `unknown`, since a switch needs none of it to begin.
 */
import { WITHOUT_USERS_REMEDY, withoutUsersSaid } from '../../domain/asked-gates.ts';
import type { Plan } from '../../domain/plan.ts';
import { createEmbedder, lintEmbedder, loadProbeSet, type LoadedProbeSet } from '../../probes/index.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { PlanSight } from '../../plan/sight.ts';
import {
  holdLine,
  probeCostLines,
  probeSightLines,
  trafficLine,
  unfittingLines,
} from '../../plan/sight-text.ts';
import { knownTraffic } from '../known-traffic.ts';
import { saidBefore } from '../plan-sight.ts';
import type { Check } from './check.ts';

export async function* sightChecks(
  plan: Plan,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const known = await knownTraffic(plan, env, signal);
  if (known.traffic === null && known.isBroken === true) {
    const todo = 'write the format of the log into telemetry (docs/telemetry.md), or mend what writes it';
    yield { name: 'telemetry', state: 'wrong', detail: known.source, todo };
  }
  const set = await loadProbeSet(plan.probes.set).catch(() => null);
  if (set === null) {
    yield { name: 'probes', state: 'unknown', detail: `${plan.probes.set} cannot be read here`, todo: null };
    return;
  }
  const { gates, probes, cost } = saidBefore(plan, set, known);
  const state = known.traffic === null ? 'unknown' : 'ok';
  yield { name: 'usual traffic', state, detail: trafficLine(gates, known.source), todo: null };
  if (gates.countedBy !== null) {
    const detail = withoutUsersSaid(gates.countedBy);
    yield { name: 'sees: users', state: 'unknown', detail, todo: WITHOUT_USERS_REMEDY };
  }
  for (const hold of gates.holds) {
    yield { name: `sees: ${hold.step}`, state, detail: holdLine(hold, gates), todo: null };
  }
  if (gates.countedBy === null) yield historyCheck(gates);
  const unfit = unfittingLines(cost);
  const [costs = ''] = probeCostLines(cost);
  yield { name: 'sees: probes', state: 'ok', detail: probeSightLines(probes).join(' '), todo: null };
  const todo = unfit.length === 0 ? null : unfit.join(' ');
  yield { name: 'probes cost', state: 'ok', detail: costs, todo };
  yield* languageChecks(plan, set, env, signal);
}

/** Whether the embedder reads the language of the questions. Nothing where it does, or where it cannot be opened here. */
async function* languageChecks(
  plan: Plan,
  set: LoadedProbeSet,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const embedder = await Promise.resolve()
    .then(() => createEmbedder(plan.probes.embedder, set, env))
    .catch(() => null);
  if (embedder === null) return;
  try {
    for (const { severity, said, todo } of await lintEmbedder(set, embedder, signal)) {
      const state = severity === 'error' ? 'wrong' : 'unknown';
      yield { name: 'probes: language', state, detail: said, todo };
    }
  } finally {
    await embedder.close();
  }
}

/** Windows of the past as long as each hold; with too few the gates judge by the hold alone. */
function historyCheck({ holds }: PlanSight): Check {
  const name = 'history';
  const told = holds.flatMap(({ windows, step, forMs }) =>
    windows === null ? [] : [{ ...windows, step, forMs }],
  );
  if (told.length === 0) {
    return { name, state: 'unknown', detail: 'no past of the old color was read', todo: null };
  }
  const detail = told.map(({ step, there, wanted }) => `${step}: ${there} of ${wanted} windows`).join('; ');
  const lacking = told.filter(({ there, wanted }) => there < wanted);
  const longest = Math.max(0, ...lacking.map(({ there, wanted, forMs }) => (wanted - there) * forMs));
  const todo =
    lacking.length === 0
      ? null
      : `the past counts for every hold after ${formatDuration(longest)} more of the old color's traffic; until then the gates judge by the hold alone`;
  return { name, state: lacking.length === 0 ? 'ok' : 'unknown', detail, todo };
}
