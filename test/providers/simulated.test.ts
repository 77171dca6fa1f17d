import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import {
  FAULT_NAMES,
  type Fault,
  simulateGrid,
  SimulatedWorld,
} from '../../src/providers/simulated/index.ts';
import {
  simulatedColor,
  simulatedCounts,
  simulatedQueue,
  simulatedTelemetry,
  simulatedWarmup,
} from '../../src/providers/simulated/ports.ts';
import { simulatedRouter, simulatedStore, simulatedTraffic } from '../../src/providers/simulated/edge.ts';
import { routerPortSuite } from '../../src/conformance/router.ts';
import { trafficPortSuite } from '../../src/conformance/traffic.ts';
import { storePortSuite } from '../../src/conformance/store.ts';
import { colorPortSuite } from '../../src/conformance/color.ts';
import { queuePortSuite } from '../../src/conformance/queue.ts';
import { telemetryPortSuite } from '../../src/conformance/telemetry.ts';
import { totalsPortSuite } from '../../src/conformance/telemetry-totals.ts';
import { warmupPortSuite } from '../../src/conformance/warmup.ts';

const START = Date.parse('2026-03-02T10:00:00Z');

function makeWorld(faults: readonly Fault[] = [], jobsPerSecond = 0) {
  const clock = { now: START };
  const world = new SimulatedWorld({
    service: 'docs',
    from: 'blue',
    to: 'green',
    regions: ['eu', 'us'],
    faults,
    jobsPerSecond,
  });
  world.now = () => clock.now;
  return { world, clock };
}

function configOf(generation: number, over: Partial<EdgeConfig> = {}): EdgeConfig {
  return {
    ...firstConfig({ service: 'docs', from: 'blue', to: 'green' }),
    generation,
    writer: `run/${generation}`,
    salt: 's',
    releases: { blue: 'b1', green: 'g1' },
    ...over,
  };
}

const close = async (): Promise<void> => {};

queuePortSuite('simulated', async () => {
  const { world, clock } = makeWorld();
  return {
    port: simulatedQueue(world),
    async send(color, jobs) {
      for (const { body, key } of jobs) {
        world.jobs(color).push({ body, key: key ?? `sim-${body}`, atMs: clock.now, heldUntilMs: 0 });
      }
    },
    async receive(color) {
      return world
        .jobs(color)
        .splice(0)
        .map(({ body, key }) => ({ body, key }));
    },
    async hold(color) {
      const [job] = world.jobs(color);
      if (job !== undefined) job.heldUntilMs = clock.now + 30_000;
    },
    delayed: {
      async send(color, jobs) {
        for (const { body, key } of jobs) {
          const job = { body, key: key ?? '', atMs: clock.now, heldUntilMs: 0, dueMs: clock.now + 5000 };
          world.jobs(color).push(job);
        }
      },
      async pass() {
        clock.now += 6000;
      },
    },
    async bury(color, { body, key }) {
      world.deadLetters[color].push({ body, key: key ?? '', atMs: clock.now, heldUntilMs: 0 });
    },
    refuse(color, isRefusing) {
      if (isRefusing) world.refusing.add(color);
      else world.refusing.delete(color);
    },
    close,
  };
});

storePortSuite('simulated', async () => {
  const { world } = makeWorld();
  world.now = Date.now;
  const open = () => simulatedStore(world);
  return { port: open(), another: open, service: 'docs', close };
});

routerPortSuite('simulated', async () => {
  const { world } = makeWorld();
  // The suite waits for propagation in real time, so the world's clock is the wall clock here.
  world.now = Date.now;
  const [port, store] = [simulatedRouter(world), simulatedStore(world)];
  return { port, store, service: 'docs', regions: ['eu', 'us'], close };
});

for (const [kind, options] of Object.entries({
  'random per request': {},
  'that keeps nothing': { memory: 'none' },
  'that keeps who set it': { memory: 'named', lagMs: 60 },
  'only upward': { canLower: false },
  lagging: { lagMs: 120 },
  volatile: { volatile: true },
  'with stages': { stages: [5, 25, 100] },
  'with a most': { maxPercent: 15, granularityPercent: 0.1 },
} satisfies Record<string, Parameters<typeof simulatedTraffic>[1]>)) {
  trafficPortSuite(`simulated, ${kind}`, async () => {
    const { world } = makeWorld();
    world.now = Date.now;
    const port = simulatedTraffic(world, options);
    const restart = { restart: async () => world.restartTraffic() };
    return { port, close, ...('volatile' in options ? restart : {}) };
  });
}

colorPortSuite('simulated', async () => {
  const { world } = makeWorld();
  return { port: simulatedColor(world), retired: async (color) => world.retired.has(color), close };
});

warmupPortSuite('simulated', async () => ({ port: simulatedWarmup(makeWorld().world), close }));

/** An hour with a quarter of the users on green. */
async function anHour() {
  const { world, clock } = makeWorld();
  const quarter = configOf(1, { weightPercent: 25 });
  await simulatedStore(world).compareAndSet(quarter, { idempotencyKey: 'w' });
  clock.now = START + 3_600_000;
  const query = { service: 'docs', fromMs: START, toMs: START + 3_600_000, regions: [] };
  return { world, query, close };
}

telemetryPortSuite('simulated', async () => {
  const hour = await anHour();
  return { ...hour, port: simulatedTelemetry(hour.world) };
});

totalsPortSuite('simulated', async () => {
  const hour = await anHour();
  return { ...hour, port: simulatedCounts(hour.world) };
});

void describe('simulated edge', () => {
  void it('compares and sets, and a write that lost its reply is found done', async () => {
    const { world } = makeWorld(['lost-reply', 'throttled-once']);
    const edge = simulatedStore(world);
    const first = configOf(1);
    await assert.rejects(edge.compareAndSet(first, { idempotencyKey: 'a' }), {
      kind: 'retry',
      retryAfterMs: 1000,
    });
    assert.equal(await edge.read(), null);
    await assert.rejects(edge.compareAndSet(first, { idempotencyKey: 'a' }), { kind: 'retry' });
    assert.deepEqual(await edge.compareAndSet(first, { idempotencyKey: 'a' }), first);
    await assert.rejects(edge.compareAndSet(configOf(1, { weightPercent: 9 }), { idempotencyKey: 'b' }), {
      kind: 'reread',
    });
    assert.equal(world.history.length, 1);
  });

  void it('regions see a generation after a delay of their own', async () => {
    const { world, clock } = makeWorld();
    await simulatedStore(world).compareAndSet(configOf(1, { weightPercent: 25 }), { idempotencyKey: 'a' });
    const seen = async () => (await simulatedRouter(world).observe()).map((one) => one.generation);
    assert.deepEqual(await seen(), [0, 0]);
    clock.now += 500;
    assert.deepEqual(await seen(), [1, 0]);
    clock.now += 700;
    assert.deepEqual(await seen(), [1, 1]);
  });
});

void describe('simulated queue under a freeze', () => {
  void it('drains, because nothing new arrives; a stuck job keeps it from draining', async () => {
    for (const faults of [[], ['queue-stuck']] as const) {
      const { world, clock } = makeWorld(faults, 10);
      const queue = simulatedQueue(world);
      await queue.depth('blue');
      clock.now += 5000;
      assert.ok((await queue.depth('blue')).inFlight > 0);
      const frozen = configOf(1, { freezeUntilMs: clock.now + 60_000 });
      await simulatedStore(world).compareAndSet(frozen, { idempotencyKey: 'f' });
      clock.now += 5000;
      const { ready, inFlight } = await queue.depth('blue');
      assert.equal(ready + inFlight, faults.length);
    }
  });
});

void describe('simulated traffic', () => {
  const look = async (faults: readonly Fault[], weightPercent = 50) => {
    const { world, clock } = makeWorld(faults);
    await simulatedStore(world).compareAndSet(configOf(1, { weightPercent }), { idempotencyKey: 'w' });
    clock.now += 20 * 60_000;
    const query = { service: 'docs', fromMs: START + 60_000, toMs: clock.now, regions: [] };
    return { window: await simulatedTelemetry(world).window(query), port: simulatedTelemetry(world), query };
  };
  const of = (window: Awaited<ReturnType<typeof look>>['window'], color: string) =>
    window.slices.filter((slice) => slice.color === color);
  const requests = (slices: readonly { requests: number }[]): number =>
    slices.reduce((sum, slice) => sum + slice.requests, 0);

  void it('follows the weight, and is the same whoever asks again', async () => {
    const { window, port, query } = await look([], 25);
    const [blue, green] = [requests(of(window, 'blue')), requests(of(window, 'green'))];
    assert.ok(Math.abs(green / (blue + green) - 0.25) < 0.02);
    assert.deepEqual(await port.window(query), window);
    const part = await port.window({ ...query, toMs: query.toMs - 600_000 });
    assert.ok(requests(part.slices) < requests(window.slices));
  });

  void it('is healthy without a fault and shows each fault where its gate looks', async () => {
    const cold = (await look(['cold-only'])).window;
    assert.ok(of(cold, 'green').reduce((sum, slice) => sum + slice.cold, 0) > 100);
    const novel = (await look(['new-error-class'])).window;
    assert.ok(of(novel, 'green').some((slice) => (slice.errors['body:truncated'] ?? 0) > 0));
    assert.ok((await look(['cache-leak'])).window.foreignCacheLookups > 0);
    const other = (await look(['bad-index'])).window;
    assert.ok(
      of(other, 'green').some((slice) =>
        Object.keys(slice.identities).some((key) => key.startsWith('sha256:other')),
      ),
    );
  });
});

void describe('simulateGrid', () => {
  const cells = Array.from({ length: 60 }, (_, i) => ({ probeId: `q${i}`, paraphrase: 0, seed: 1 }));
  const identity = { INDEX_HASH: 'h', metric: 'cosine', analyzer: 'std', embedModel: 'm', reranker: 'none' };
  const grid = (faults: readonly Fault[]) =>
    simulateGrid('green', cells, faults, 7, { round: 1, sentAtMs: START, identity });
  const mean = (values: readonly (number | null)[]): number =>
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;

  void it('is reproducible and does not depend on the order of cells', () => {
    assert.deepEqual(grid([]), grid([]));
    const options = { round: 1, sentAtMs: START, identity };
    const [first] = simulateGrid('green', cells.slice(5, 6), [], 7, options);
    assert.equal(first?.deltaS, grid([])[5]?.deltaS);
  });

  void it('near-miss keeps ΔS and loses coverage; bad-index loses both', () => {
    assert.ok(
      Math.abs(mean(grid([]).map((r) => r.deltaS)) - mean(grid(['near-miss']).map((r) => r.deltaS))) < 0.02,
    );
    assert.ok(mean(grid([]).map((r) => r.coverage)) > 0.75);
    assert.ok(mean(grid(['near-miss']).map((r) => r.coverage)) < 0.3);
    assert.ok(mean(grid(['bad-index']).map((r) => r.deltaS)) > 0.5);
    assert.ok(grid(['schema-break']).some((run) => run.violations.length > 0));
  });

  void it('every fault has a name and a purpose', () => {
    assert.ok(FAULT_NAMES.length >= 10);
  });
});
