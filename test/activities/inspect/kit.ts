/**
 * A healthy pair as preflight sees it, and the ways to bend one thing of it. What is read comes from the scripted ports;
 * test/workflows/preflight.test.ts drives the same through a real server.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../../../src/activities/inspect/index.ts';
import type { Seen } from '../../../src/activities/inspect/seen.ts';
import type { Color } from '../../../src/domain/color.ts';
import type { EdgeConfig } from '../../../src/domain/edge-config.ts';
import type { FindingCode } from '../../../src/domain/finding.ts';
import type { HealthContract } from '../../../src/domain/health.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { scriptedPlan } from '../../support/plans.ts';
import { colorOf, queueOf, routerOf, storeOf, trafficOf } from '../../support/scripted-ports.ts';
import { ScriptedService } from '../../support/scripted-service.ts';
import type { TrafficCapabilities } from '../../../src/domain/traffic.ts';
import type { TrafficReading } from '../../../src/ports/index.ts';

export const NOW = Date.UTC(2026, 0, 15, 12);

type Edge = NonNullable<Seen['edge']>;
type Queue = NonNullable<Seen['queue']>;

async function inspected(): Promise<{ plan: Plan; healthy: Seen }> {
  const plan = await scriptedPlan('inspected');
  const service = new ScriptedService('inspected');
  service.strangerWrites({});
  const [store, router, color, queue] = [
    storeOf(service),
    routerOf(service),
    colorOf(service),
    queueOf(service),
  ];
  const ofBoth = async <T>(read: (one: Color) => Promise<T> | T): Promise<Record<Color, T>> => ({
    blue: await read('blue'),
    green: await read('green'),
  });
  const healthy: Seen = {
    atMs: NOW,
    edge: {
      config: await store.read(),
      store: store.capabilities,
      router: router.capabilities,
      traffic: null,
      regions: await router.observe(),
      storeMs: NOW,
      clocks: [
        { whose: 'the config store', aheadMs: 0 },
        { whose: 'the router of eu-west', aheadMs: -900 },
      ],
    },
    health: await ofBoth((one) => color.health(one)),
    queue: {
      topic: await ofBoth((one) => queue.topic(one)),
      consistencyLagMs: queue.capabilities.consistencyLagMs,
      depth: await ofBoth((one) => queue.depth(one)),
      retry: await ofBoth((one) => queue.retryPolicy(one)),
      doubts: [],
    },
    probes: {
      count: service.probes,
      answered: service.probes,
      asserted: 0,
      unjudged: 0,
      embedderId: 'e',
      isCalibrated: true,
    },
    baseline: { digest: 'b', answerMs: 40 },
  };
  return { plan, healthy };
}

export const { plan, healthy } = await inspected();

export const codes = (seen: Seen, of: Plan = plan): FindingCode[] => check(of, seen).map(({ code }) => code);

export type Bend = (seen: Seen) => Seen;

export const config =
  (change: Partial<EdgeConfig>): Bend =>
  (seen) => {
    assert.ok(seen.edge?.config);
    const bent = { ...seen.edge.config, ...change };
    const { generation, weightPercent } = bent;
    // What stands is what every region serves.
    const regions = seen.edge.regions.map((one) => ({ ...one, generation, weightPercent }));
    return { ...seen, edge: { ...seen.edge, regions, config: bent } };
  };

export const edge =
  <P extends 'store' | 'router'>(part: P, change: Partial<Edge[P]>): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    return { ...seen, edge: { ...seen.edge, [part]: { ...seen.edge[part], ...change } } };
  };

/** A vendor's own weight moves users. */
export const traffic =
  (
    change: Partial<TrafficCapabilities>,
    reading: TrafficReading = { weightPercent: 0, writer: null, generation: 0 },
  ): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    const capabilities = {
      ...trafficOf(new ScriptedService('native')).capabilities,
      isSticky: true,
      ...change,
    };
    return { ...seen, edge: { ...seen.edge, traffic: { capabilities, reading } } };
  };

export const region =
  (change: Partial<Edge['regions'][number]>, isWritten = true): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    const regions = seen.edge.regions.map((one) => ({ ...one, ...change }));
    return { ...seen, edge: { ...seen.edge, regions, config: isWritten ? seen.edge.config : null } };
  };

export const clock =
  (aheadMs: number): Bend =>
  (seen) => {
    assert.ok(seen.edge);
    return { ...seen, edge: { ...seen.edge, clocks: [{ whose: 'the router of eu-west', aheadMs }] } };
  };

export const contract =
  (colors: readonly Color[], change: (one: HealthContract) => Partial<HealthContract>): Bend =>
  (seen) => {
    const bent = (color: Color): readonly HealthContract[] | null =>
      colors.includes(color)
        ? (seen.health[color]?.map((one) => ({ ...one, ...change(one) })) ?? null)
        : seen.health[color];
    return { ...seen, health: { blue: bent('blue'), green: bent('green') } };
  };

export const green = (change: Partial<HealthContract>): Bend => contract(['green'], () => change);
export const index = (change: Partial<HealthContract['index']>): Bend =>
  contract(['green'], (one) => ({ index: { ...one.index, ...change } }));

export const queue =
  (change: (one: Queue) => Partial<Queue>): Bend =>
  (seen) => {
    assert.ok(seen.queue);
    return { ...seen, queue: { ...seen.queue, ...change(seen.queue) } };
  };

export const probes =
  (change: Partial<NonNullable<Seen['probes']>>): Bend =>
  (seen) => {
    assert.ok(seen.probes);
    const answered = change.count ?? seen.probes.answered;
    return { ...seen, probes: { ...seen.probes, answered, ...change } };
  };

/** A way to go wrong. */
export interface Wrong {
  readonly code: FindingCode;
  /** Where a code has several ways. */
  readonly how?: string;
  /** Where the kit's own plan would not be asked about it. */
  readonly of?: Plan;
  readonly bend: Bend;
  readonly says: RegExp;
  readonly warns?: true;
}

/** Each way has its own finding and no other. */
export function findsEach(what: string, ways: readonly Wrong[]): void {
  void describe(`the checks of preflight, ${what}`, () => {
    for (const { code, how, of = plan, bend, says, warns } of ways) {
      void test(`find ${code}${how === undefined ? '' : `: ${how}`}`, () => {
        const found = check(of, bend(healthy));
        assert.deepEqual(
          found.map((one) => [one.code, one.severity]),
          [[code, warns === true ? 'warning' : 'blocking']],
        );
        assert.match(found[0]?.message ?? '', says);
        assert.notEqual(found[0]?.fix, '');
      });
    }
  });
}
