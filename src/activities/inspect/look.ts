/**
 * Reads everything preflight checks, and opens what later stages need.
 *
 * Invariant: changes nothing outside the evidence store, and throws only when cancelled: what cannot be read is a finding, after
 * some tries, so that one run of preflight names all that is to be mended.
 */
import { ProviderError } from '../../domain/errors.ts';
import type { Baseline } from '../../domain/look-input.ts';
import type { Plan } from '../../domain/plan.ts';
import { answeredIds, unjudgedAssertions } from '../../domain/probes/answered.ts';
import { usualAnswerMs } from '../../domain/probes/cost.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal } from '../attempt.ts';
import { readDays } from '../traffic.ts';
import type { World } from '../world.ts';
import { cacheDoubts } from './cache.ts';
import { fenceDoubts } from './fence.ts';
import { probesUnreadable, unreadable } from './failures.ts';
import { pinsFollowed, warmRouteAnswers } from './pins.ts';
import { blocks, type Found, type Seen } from './seen.ts';
import { lacksFields, telemetryFindings } from './telemetry.ts';

const TRIES = 3;
const BASELINE_MS = 15 * 60_000;

/** What was read, and what was found out by trying to. */
export async function look(
  world: World,
  plan: Plan,
  targets: Targets,
): Promise<{ seen: Seen; found: readonly Found[] }> {
  const found: Found[] = [];
  const attempt = <T>(port: string, read: () => Promise<T>): Promise<T | null> => reach(port, read, found);
  const [edge, blue, green, queue, probes, baseline] = await Promise.all([
    attempt('edge', () => readEdge(world, targets, found)),
    attempt('color blue', async () => (await world.port('color', targets)).health('blue', signal())),
    attempt('color green', async () => (await world.port('color', targets)).health('green', signal())),
    plan.providers.queue === null ? null : attempt('queue', () => readQueue(world, targets)),
    openProbes(world, plan, targets, found),
    attempt('telemetry', () => captureBaseline(world, plan, targets, found)),
  ]);
  found.push(...((await attempt('cache', () => cacheDoubts(world, plan, targets))) ?? []));
  found.push(...((await attempt('fence', () => fenceDoubts(world, targets))) ?? []));
  found.push(...((await attempt('router', () => pinsFollowed(world, plan, targets))) ?? []));
  found.push(...((await attempt('warmup', () => warmRouteAnswers(world, plan, targets))) ?? []));
  await attempt('notify', () => world.port('notify', targets));
  await openSteps(world, plan, targets, found);
  return { seen: { atMs: world.now(), edge, health: { blue, green }, queue, probes, baseline }, found };
}

/** Some tries, then a finding: an unreachable provider is one clear line, not a stuck switch. */
async function reach<T>(port: string, read: () => Promise<T>, found: Found[]): Promise<T | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (cause) {
      signal().throwIfAborted();
      const isTransient = cause instanceof ProviderError && cause.kind === 'retry';
      if (!isTransient || attempt === TRIES) {
        found.push(unreadable(port, cause));
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
    }
  }
}

async function readEdge(world: World, targets: Targets, found: Found[]): Promise<Seen['edge']> {
  const [store, router, traffic] = await Promise.all([
    world.port('store', targets),
    world.port('router', targets),
    world.port('traffic', targets),
  ]);
  const config = await store.read(signal());
  await reach('edge', async () => store.check?.(signal()), found);
  await reach('traffic', async () => traffic?.check?.(signal()), found);
  const reading = traffic === null ? null : await reach('traffic', () => traffic.readBack(signal()), found);
  const askedMs = world.now();
  const storeMs = await store.clock(signal());
  const ofStore = { whose: 'the config store', aheadMs: aheadMs(storeMs, askedMs, world.now()) };
  const observedMs = world.now();
  const regions = await router.observe(signal());
  const seenMs = world.now();
  const ofRouters = regions.flatMap(({ region, nowMs }) =>
    nowMs === undefined
      ? []
      : [{ whose: `the router of ${region}`, aheadMs: aheadMs(nowMs, observedMs, seenMs) }],
  );
  for (const { region, error } of regions) {
    if (error === null) continue;
    found.push(
      blocks('provider-unreachable', `the router of ${region} does not answer: ${error}`, 'mend the region'),
    );
  }
  return {
    config,
    store: store.capabilities,
    router: router.capabilities,
    traffic: traffic === null || reading === null ? null : { capabilities: traffic.capabilities, reading },
    regions,
    storeMs,
    clocks: [ofStore, ...ofRouters],
  };
}

/** Of a clock that was read at an unknown instant between two of ours: what no such instant can explain. */
function aheadMs(theirsMs: number, fromMs: number, toMs: number): number {
  return theirsMs < fromMs ? theirsMs - fromMs : Math.max(0, theirsMs - toMs);
}

async function readQueue(world: World, targets: Targets): Promise<Seen['queue']> {
  const port = await world.port('queue', targets);
  if (port === null) throw new Error('the plan names no queue');
  const [depthBlue, depthGreen, retryBlue, retryGreen, doubts] = await Promise.all([
    port.depth('blue', signal()),
    port.depth('green', signal()),
    port.retryPolicy('blue', signal()),
    port.retryPolicy('green', signal()),
    port.check?.(signal()) ?? [],
  ]);
  return {
    topic: { blue: port.topic('blue'), green: port.topic('green') },
    consistencyLagMs: port.capabilities.consistencyLagMs,
    depth: { blue: depthBlue, green: depthGreen },
    retry: { blue: retryBlue, green: retryGreen },
    doubts,
  };
}

async function openProbes(
  world: World,
  plan: Plan,
  targets: Targets,
  found: Found[],
): Promise<Seen['probes']> {
  try {
    const { probes, embedderId, calibration, setDigest } = await world.prober(targets, plan.probes);
    const most = plan.probes.retrieval?.answers ?? null;
    const answered = answeredIds(probes, most, setDigest);
    return {
      count: probes.length,
      answered: answered.size,
      ...unjudgedAssertions(probes, answered),
      embedderId,
      isCalibrated: calibration !== null,
    };
  } catch (cause) {
    found.push(probesUnreadable(cause));
    return null;
  }
}

/** Whoever does a step of the user's own, or undoes it, must be at hand before the first effect. */
async function openSteps(
  world: World,
  { steps = [] }: Plan,
  targets: Targets,
  found: Found[],
): Promise<void> {
  for (const { name, do: action, undo } of steps) {
    for (const ref of undo === null ? [action] : [action, undo]) {
      const whose = ref === undo ? `undo of step ${name}` : `step ${name}`;
      const problem = await reach(
        whose,
        async () => (await world.step(targets, ref)).check?.(signal()) ?? null,
        found,
      );
      if (problem !== null)
        found.push(
          blocks('provider-misconfigured', `${whose}: ${problem}`, 'mend it before the switch needs it'),
        );
    }
  }
}

async function captureBaseline(
  world: World,
  plan: Plan,
  targets: Targets,
  found: Found[],
): Promise<Seen['baseline']> {
  const telemetry = await world.port('telemetry', targets);
  const toMs = world.now() - (telemetry.lagMs ?? 0);
  const query = { service: targets.service, fromMs: toMs - BASELINE_MS, toMs, regions: [] };
  const traffic = await telemetry.window(query, signal());
  const days = await readDays(telemetry, plan, toMs);
  const { use } = plan.providers.telemetry;
  const knowsUsers = telemetry.totals === undefined;
  const baseline: Baseline = { capturedAtMs: toMs, probes: null, traffic: { ...traffic, sums: null }, days };
  const digest = await (await world.port('evidence', targets)).put(baseline);
  // Last: what failed before is tried again.
  found.push(...telemetryFindings(traffic, { use, lagMs: telemetry.lagMs ?? 0, knowsUsers }));
  found.push(...lacksFields(telemetry, use));
  return { digest, answerMs: usualAnswerMs(days) };
}
