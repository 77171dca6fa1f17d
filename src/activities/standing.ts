/** What a look reads beside telemetry: the edge config as it is stored, and the health contracts of both colors. */
import { Context } from '@temporalio/activity';
import { COLORS, type Color } from '../domain/color.ts';
import { changes, edgeConcerns, unfitness, type Concern } from '../domain/concern.ts';
import { isWrittenBy, shareOn, type EdgeConfig } from '../domain/edge-config.ts';
import type { HealthContract } from '../domain/health.ts';
import { misplacedSaid } from '../domain/schedules.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import { fitOf, follow, type Following } from './edge/weight.ts';
import { countersOf, isUncounted, type CounterBase } from './counters.ts';
import type { World } from './world.ts';

/** A color that does not answer is asked once more after this: a lost packet is no outage. */
const AGAIN_MS = 500;

export interface Standing {
  readonly counters: CounterBase;
  /** `to` answers and counts nothing. */
  readonly uncounted: boolean;
  /** Ready instances of each color; null when one did not answer, or does not tell. */
  readonly ready: Readonly<Record<Color, number>> | null;
  readonly concerns: readonly Concern[];
}

export async function readStanding(world: World, input: WatchInput): Promise<Standing> {
  const { targets, pinned } = input;
  const [edge, ...asked] = await Promise.all([
    edgeOf(world, input),
    ...COLORS.map(async (color) => [color, await healthOf(world, input, color)] as const),
  ]);
  const health = Object.fromEntries(asked) as Record<Color, readonly HealthContract[] | string>;
  const changed = COLORS.flatMap((color) => {
    const contracts = health[color];
    return pinned === null || typeof contracts === 'string' ? [] : changes(color, pinned[color], contracts);
  });
  return {
    counters: countersOf(health),
    uncounted: isUncounted(health[targets.to]),
    ready: readyOf(health, input.regions),
    concerns: [
      ...edge.concerns,
      ...unfitness(targets.from, health[targets.from]),
      ...changed,
      ...(input.watchesSchedules ? schedulesAway(targets.to, edge.producer, health) : []),
    ],
  };
}

/** Before the flip that was preflight's to say. */
function schedulesAway(
  to: Color,
  producer: Color | null,
  health: Readonly<Record<Color, readonly HealthContract[] | string>>,
): Concern[] {
  if (producer !== to) return [];
  const what = misplacedSaid(answered(health), to);
  return what === null ? [] : [{ kind: 'schedules-misplaced', color: null, what }];
}

function answered(
  health: Readonly<Record<Color, readonly HealthContract[] | string>>,
): Readonly<Record<Color, readonly HealthContract[] | null>> {
  const { blue, green } = health;
  return { blue: typeof blue === 'string' ? null : blue, green: typeof green === 'string' ? null : green };
}

/** @param regions asked; empty means all */
function readyOf(
  health: Readonly<Record<Color, readonly HealthContract[] | string>>,
  regions: readonly string[],
): Standing['ready'] {
  const { blue, green } = health;
  if (typeof blue === 'string' || typeof green === 'string') return null;
  const ready = (contracts: readonly HealthContract[]): number | null => {
    // One that names no region may be in any of those asked.
    const asked = contracts.filter(
      ({ region }) => regions.length === 0 || region === undefined || regions.includes(region),
    );
    const told = asked.flatMap(({ region, capacity }) =>
      regions.length > 0 && region === undefined ? [] : (capacity?.ready ?? []),
    );
    return told.length < asked.length ? null : told.reduce((sum, one) => sum + one, 0);
  };
  const [ofBlue, ofGreen] = [ready(blue), ready(green)];
  return ofBlue === null || ofGreen === null ? null : { blue: ofBlue, green: ofGreen };
}

/** A store that cannot be read has not changed for that. */
async function edgeOf(
  world: World,
  { targets, edge }: WatchInput,
): Promise<{ readonly concerns: readonly Concern[]; readonly producer: Color | null }> {
  let producer: Color | null = null;
  try {
    const store = await world.port('store', targets);
    const stored = await store.read(signal());
    producer = stored?.producer ?? null;
    const concerns = edgeConcerns(edge, stored, targets.to);
    const traffic = await world.port('traffic', targets);
    // Whose config it is comes first: a weight is judged by ours alone.
    if (traffic === null || stored === null || concerns.length > 0) return { concerns, producer };
    return { concerns: await weightConcerns({ traffic, store, targets }, stored), producer };
  } catch {
    signal().throwIfAborted();
    return { concerns: [], producer };
  }
}

/** A weight that was lost, or that an attempt of ours changed too late, is put back; anybody else's is told and left. */
async function weightConcerns(following: Following, stored: EdgeConfig): Promise<Concern[]> {
  const { traffic, targets } = following;
  const reading = await traffic.readBack(signal());
  const fit = fitOf(reading, stored, targets);
  const { weightPercent } = reading;
  const wanted = shareOn(stored, targets.to);
  const concern = (kind: Concern['kind'], what: string, share: number): Concern[] => [
    { kind, color: null, what, weightPercent: share },
  ];
  if (fit === 'same' || fit === 'ahead') return [];
  if (fit === 'forgotten' || fit === 'late') {
    if (!isWrittenBy(stored, targets.switchId)) return [];
    await follow(following, stored, true);
    const why = fit === 'late' ? 'an attempt that came late had set it' : 'the vendor had started anew';
    return concern(
      'weight-put-back',
      `the weight stood at ${weightPercent} % on ${targets.to} and was put back to ${wanted} %: ${why}`,
      wanted,
    );
  }
  const who = reading.writer ?? 'somebody at the vendor of the traffic';
  return concern(
    'edge-weight',
    `${who.slice(0, 100)} set the weight: ${weightPercent} % on ${targets.to} stands there, not ${wanted} %`,
    weightPercent,
  );
}

/** @returns the contracts of a color, or why there are none */
async function healthOf(
  world: World,
  { targets }: WatchInput,
  color: Color,
): Promise<readonly HealthContract[] | string> {
  const port = await world.port('color', targets);
  try {
    return await port.health(color, signal());
  } catch {
    signal().throwIfAborted();
  }
  if (world.realTime) await Context.current().sleep(AGAIN_MS);
  try {
    return await port.health(color, signal());
  } catch (cause) {
    signal().throwIfAborted();
    return cause instanceof Error ? cause.message.slice(0, 200) : 'no answer';
  }
}
