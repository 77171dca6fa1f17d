/**
 * The world of a rehearsal: simulated ports, simulated probes, and the clock of the switch being rehearsed. The workflow and the
 * activities are the real ones; only what lies behind the ports is made up.
 */
import { activityInfo } from '@temporalio/activity';
import { plannedPorts, type World } from '../activities/world.ts';
import type { Prober } from '../probes/prober.ts';
import { COLORS, otherColor, type Color } from '../domain/color.ts';
import type { CustomResult } from '../domain/look-input.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Plan } from '../domain/plan.ts';
import type { Probe, ProbeRun } from '../domain/probe.ts';
import { planRounds } from '../domain/probes/rounds.ts';
import { closePorts, openPort } from '../providers/open.ts';
import { countsRequests } from '../providers/registry.ts';
import {
  setWorld,
  simulatedStep,
  simulateGrid,
  SIMULATED_CALIBRATION,
  SimulatedWorld,
  type Fault,
} from '../providers/simulated/index.ts';

const GRID_ROUNDS = 6;

export interface Rehearsal {
  readonly world: World;
  readonly simulated: SimulatedWorld;
}

export function rehearsalWorld(
  plan: Plan,
  probes: readonly Probe[],
  setDigest: string,
  fault: Fault | null,
  name: string,
): Rehearsal {
  const identities = Object.fromEntries(
    COLORS.map((color) => [
      color,
      plan.colors[color].index ?? plan.colors[otherColor(color)].index ?? UNDECLARED,
    ]),
  ) as Record<Color, AnswerIdentity>;
  const simulated = new SimulatedWorld({
    service: plan.service,
    from: plan.from,
    to: plan.to,
    regions: plan.entry.map((entry) => entry.region),
    faults: fault === null ? [] : [fault],
    releases: { blue: plan.colors.blue.release, green: plan.colors.green.release },
    identities,
  });
  simulated.now = now;
  setWorld(name, simulated);
  const ref = { use: 'simulated', world: name };
  const scope = {
    service: plan.service,
    from: plan.from,
    to: plan.to,
    entry: plan.entry,
    colorUrls: { blue: plan.colors.blue.url, green: plan.colors.green.url },
    env: {},
  };
  const prober = simulatedProber(plan, probes, setDigest, simulated, fault, identities);
  const world: World = {
    now,
    realTime: false,
    port: plannedPorts((port, given) => {
      if (port === 'evidence') return openPort(port, given, scope);
      // What a simulated vendor's weight is like is the plan's to say.
      const isDescribed = port === 'traffic' && given.use === ref.use;
      // A source that knows no users shows no more in a rehearsal.
      const isCounted = port === 'telemetry' && countsRequests(given.use);
      const simulates = isDescribed ? { ...given, ...ref } : isCounted ? { ...ref, counts: 'requests' } : ref;
      return openPort(port, simulates, scope, { store: ref });
    }),
    release: () => closePorts(scope),
    prober: () => Promise.resolve(prober),
    custom: (_targets, gate): Promise<CustomResult> =>
      Promise.resolve({
        name: gate.name,
        verdict: 'pass',
        reason: 'simulated',
        from: null,
        to: null,
        n: null,
      }),
    step: () => Promise.resolve(simulatedStep(simulated, plan.steps?.at(-1)?.name)),
    pinned: () => Promise.resolve([]),
    replay: () => Promise.resolve(null),
  };
  return { world, simulated };
}

/** The rehearsed switch's clock: when Temporal scheduled this attempt, in the time it skips. */
function now(): number {
  return activityInfo().currentAttemptScheduledTimestampMs;
}

/** Where the plan declares no difference, the rehearsed indexes have none. */
const UNDECLARED: AnswerIdentity = {
  INDEX_HASH: 'rehearsed',
  metric: 'rehearsed',
  analyzer: 'rehearsed',
  embedModel: 'rehearsed',
  reranker: 'rehearsed',
};

/** A simulated service forgets nothing. */
function simulatedDialogs(count: number): NonNullable<Prober['dialogs']> {
  return {
    begin: (begun) =>
      Promise.resolve(
        Array.from({ length: count }, (_, at) => ({
          id: `${begun}-${at}`,
          word: 'simulated',
          probeId: '',
          begun,
          error: null,
        })),
      ),
    proceed: (open, continued) =>
      Promise.resolve(
        open.map(({ id, begun }) => ({
          id,
          begun,
          continued,
          remembered: true,
          error: null,
          said: 'simulated',
        })),
      ),
  };
}

function simulatedProber(
  plan: Plan,
  probes: readonly Probe[],
  setDigest: string,
  simulated: SimulatedWorld,
  fault: Fault | null,
  identities: Record<Color, AnswerIdentity>,
): Prober {
  const rounds = planRounds(
    probes.map((probe) => probe.id),
    GRID_ROUNDS,
    setDigest,
  );
  const seed = simulated.options.seed;
  return {
    setDigest,
    corpusHash: SIMULATED_CALIBRATION.corpusHash,
    embedderId: SIMULATED_CALIBRATION.embedderId,
    calibration: SIMULATED_CALIBRATION,
    // The simulated service answers each question from a section named after it.
    probes: probes.map((probe) => ({
      ...probe,
      answerable: true,
      targets: [{ section_id: `${probe.id}-target` }],
    })),
    ...(plan.probes.dialogs === undefined ? {} : { dialogs: simulatedDialogs(plan.probes.dialogs.count) }),
    round: (index) => rounds[index % GRID_ROUNDS]?.cells ?? [],
    run: async (cells, { colors, round }): Promise<readonly ProbeRun[]> => {
      if (simulated.hasNow('embedder-down')) throw new Error('the embedder answers 503');
      return colors.flatMap((color) =>
        simulateGrid(color, cells, color === plan.to && fault !== null ? [fault] : [], seed, {
          round,
          sentAtMs: now(),
          identity: identities[color],
        }),
      );
    },
  };
}
