/** What every `ColorPort` must do. `retired` tells how often a color was really taken down. */
import assert from 'node:assert/strict';
import { type Color, COLORS } from '../domain/color.ts';
import type { HealthContract } from '../domain/health.ts';
import type { ColorPort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface ColorEnv extends Env {
  readonly port: ColorPort;
  readonly retired: (color: Color) => Promise<boolean>;
}

const REQUIRED: readonly string[] = [
  'service',
  'color',
  'release',
  'ok',
  'index',
] satisfies (keyof HealthContract)[];

/** One with every field. */
export function healthContract(over: Partial<HealthContract> = {}): HealthContract {
  return {
    service: 'docs',
    color: 'blue',
    release: 'r1',
    region: 'eu',
    ok: true,
    index: {
      name: 'docs-v1-blue',
      INDEX_HASH: 'h1',
      metric: 'cosine',
      analyzer: 'std',
      embedModel: 'm1',
      reranker: 'none',
    },
    env: { LOG_LEVEL: 'abc' },
    secrets: { edge: ['k1', 'k2'], core: ['k1', 'k2'] },
    cachePrefix: 'docs:blue',
    tools: { schemaHash: 'sha256:t1' },
    memoryPrefix: 'docs:blue:memory',
    queue: { topic: 'jobs-blue', maxDeliveries: 5, ackTimeoutMs: 30_000 },
    schedules: [{ name: 'nightly', state: 'on' }],
    migration: { mode: 'compatible', tables: [] },
    writeGuard: true,
    configGeneration: 1,
    capacity: { ready: 2, max: 10 },
    counters: { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0, lateWrites: 0 },
    ...over,
  };
}

export function colorPortSuite(name: string, makeEnv: () => Promise<ColorEnv>): void {
  suite(`ColorPort: ${name}`, makeEnv, ({ rule }) => {
    rule('each color answers with its own contract, one for each region', async ({ port }) => {
      for (const color of COLORS) {
        const contracts = await port.health(color);
        assert.ok(contracts.length > 0);
        assert.ok(contracts.every((contract) => contract.color === color));
        assert.equal(new Set(contracts.map((contract) => contract.region)).size, contracts.length);
      }
    });

    rule(
      'a contract has the required fields, and of the others what it tells is of its kind',
      async ({ port }) => {
        for (const contract of await port.health('blue')) {
          const told = Object.entries(healthContract()).filter(
            ([field]) =>
              REQUIRED.includes(field) ||
              (contract as unknown as Record<string, unknown>)[field] !== undefined,
          );
          assert.deepEqual(missing(Object.fromEntries(told), contract), []);
        }
      },
    );

    rule('the contracts of two healthy colors differ where they must', async ({ port }) => {
      const [blue] = await port.health('blue');
      const [green] = await port.health('green');
      if (blue?.cachePrefix !== undefined) assert.notEqual(blue.cachePrefix, green?.cachePrefix);
      if (typeof blue?.memoryPrefix === 'string') assert.notEqual(blue.memoryPrefix, green?.memoryPrefix);
      assert.equal(blue?.service, green?.service);
    });

    rule('a scheduled job is on at one of two healthy colors at most', async ({ port }) => {
      const on = async (color: Color): Promise<string[]> => {
        const all = (await port.health(color)).flatMap(({ schedules = [] }) => schedules);
        return all.flatMap(({ name: job, state }) => (state === 'on' ? [job] : []));
      };
      const [blue, green] = [await on('blue'), await on('green')];
      assert.deepEqual(
        blue.filter((job) => green.includes(job)),
        [],
      );
    });

    rule('retires one color, and doing it again changes nothing', async ({ port, retired }) => {
      assert.equal(await retired('blue'), false);
      const { detail } = await port.retire('blue', { idempotencyKey: 'run/retire' });
      assert.ok(detail.length > 0);
      assert.equal(await retired('blue'), true);
      await port.retire('blue', { idempotencyKey: 'run/retire' });
      await port.retire('blue', { idempotencyKey: 'run/retire-again' });
      assert.equal(await retired('blue'), true);
      assert.equal(await retired('green'), false);
    });
  });
}

const NULLABLE: readonly string[] = ['queue', 'tools', 'memoryPrefix'] satisfies (keyof HealthContract)[];

/** Paths of what a value has not as the example has it. Names within `env` are a service's own. */
function missing(example: object, value: object, at = ''): string[] {
  const given: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(example).flatMap(([key, like]: [string, unknown]) => {
    const one = given[key];
    if (one === null && at === '' && NULLABLE.includes(key)) return [];
    if (typeof one !== typeof like || one === null || Array.isArray(one) !== Array.isArray(like))
      return [`${at}${key}`];
    if (typeof like !== 'object' || like === null || Array.isArray(like) || key === 'env') return [];
    return missing(like, one as object, `${at}${key}.`);
  });
}
