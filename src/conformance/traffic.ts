/**
 * What every `TrafficPort` must do. Each test gets a vendor that sends everybody to blue.
 * One that keeps generations refuses an older one; one that does not must tell what the late writer did, so that it is found.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../domain/errors.ts';
import type { TrafficPort, TrafficReading } from '../ports/index.ts';
import { type Env, type StoppedWriter, assertRetry, isRefusedAsOld, suite } from './suite.ts';

export interface TrafficEnv extends Env {
  readonly port: TrafficPort;
  /** Share of blue's users that really comes to green, percent; absent where the peer moves none. */
  readonly moved?: () => Promise<number>;
  /** Lets the vendor start anew; absent where it forgets nothing. */
  readonly restart?: () => Promise<void>;
  /** The next `apply` hangs before the vendor has it. Absent: nobody can stop one. */
  stopWriter?(): StoppedWriter;
  /** The vendor takes the next `apply`, and its answer is lost. Absent: nobody can take an answer away. */
  loseAnswer?(): void;
}

const change = (weightPercent: number, generation: number) =>
  ({ from: 'blue', to: 'green', weightPercent, generation }) as const;

export function trafficPortSuite(name: string, makeEnv: () => Promise<TrafficEnv>): void {
  /** Two weights that it can set, the lower one first. */
  const two = ({ capabilities }: TrafficPort): readonly [number, number] => {
    const { stages, granularityPercent, maxPercent } = capabilities;
    const able = stages ?? [Math.max(granularityPercent, 5), Math.min(maxPercent, 50)];
    return [able[0] ?? 5, able.at(-1) ?? 50];
  };

  const settled = async (port: TrafficPort, weightPercent: number): Promise<TrafficReading> => {
    const deadline = Date.now() + port.capabilities.propagation.maxMs + 1000;
    for (;;) {
      const reading = await port.readBack();
      if (Math.abs(reading.weightPercent - weightPercent) < 0.0005) return reading;
      assert.ok(Date.now() < deadline, `${weightPercent} % was set: ${JSON.stringify(reading)}`);
      await sleep(20);
    }
  };

  suite(`TrafficPort: ${name}`, makeEnv, ({ rule, given }) => {
    rule('begins with nobody on green, as the number 0', async ({ port }) => {
      assert.equal((await port.readBack()).weightPercent, 0);
    });

    rule('comes to what was set, says who set it if it can, and goes up', async ({ port, moved }) => {
      const [low, high] = two(port);
      await port.apply(change(low, 3), { idempotencyKey: 'run/canary' });
      await settled(port, low);
      await port.apply(change(high, 4), { idempotencyKey: 'run/ramp' });
      const reading = await settled(port, high);
      assert.ok(reading.writer === undefined || reading.writer === 'run/ramp', String(reading.writer));
      assert.ok(reading.generation === undefined || reading.generation === 4);
      if (moved !== undefined) assert.ok(Math.abs((await moved()) - high) < 10);
    });

    rule('can set all that it says it can, its most and 0 included', async ({ port }) => {
      const { stages, maxPercent, canLower } = port.capabilities;
      const able = [...(stages ?? [5, 50]), maxPercent].filter((one) => one <= maxPercent);
      for (const [index, weight] of able.entries()) {
        await port.apply(change(weight, index + 2), { idempotencyKey: `run/${index}` });
        await settled(port, weight);
      }
      const home = port.apply(change(0, 99), { idempotencyKey: 'run/rollback' });
      if (canLower) {
        await home;
        await settled(port, 0);
      } else {
        await assert.rejects(home, (error) => error instanceof ProviderError && error.kind === 'fatal');
      }
    });

    rule('refuses what it says it cannot set', async ({ port }) => {
      const { stages, maxPercent } = port.capabilities;
      const not = stages === null ? maxPercent + 1 : stages.reduce((a, b) => Math.min(a, b)) / 2;
      if (stages === null && maxPercent === 100) return;
      await assert.rejects(
        port.apply(change(not, 3), { idempotencyKey: 'run/canary' }),
        (error) => error instanceof ProviderError && error.kind === 'fatal',
      );
      assert.equal((await port.readBack()).weightPercent, 0);
    });

    rule('a write repeated with its key and generation changes nothing', async ({ port }) => {
      const [low] = two(port);
      const context = { idempotencyKey: 'run/canary' };
      await port.apply(change(low, 3), context);
      await port.apply(change(low, 3), context);
      await settled(port, low);
    });

    rule('a late writer loses, or what it did is told', async ({ port }) => {
      const [low, high] = two(port);
      const [newer, late] = port.capabilities.canLower ? [low, high] : [high, high];
      await port.apply(change(newer, 5), { idempotencyKey: 'run/ramp-2' });
      await settled(port, newer);
      const isRefused = await isRefusedAsOld(port.apply(change(late, 4), { idempotencyKey: 'dead/ramp-1' }));
      const reading = await settled(port, isRefused ? newer : late);
      if (!isRefused && reading.writer !== undefined) assert.equal(reading.writer, 'dead/ramp-1');
    });

    given(
      'stopWriter',
      'a writer that was stopped in its write loses, or what it did is told',
      async (env) => {
        const { port } = env;
        const [low, high] = two(port);
        const newer = port.capabilities.canLower ? low : high;
        const writer = env.stopWriter();
        const late = isRefusedAsOld(port.apply(change(high, 4), { idempotencyKey: 'dead/ramp-1' }));
        await writer.stopped;
        await port.apply(change(newer, 5), { idempotencyKey: 'run/ramp-2' });
        writer.goOn();
        const isRefused = await late;
        const reading = await settled(port, isRefused ? newer : high);
        if (!isRefused && reading.writer !== undefined) assert.equal(reading.writer, 'dead/ramp-1');
      },
    );

    given('loseAnswer', 'a write whose answer was lost may be repeated with its key', async (env) => {
      const [low] = two(env.port);
      const context = { idempotencyKey: 'run/canary' };
      env.loseAnswer();
      await env.port.apply(change(low, 3), context).catch(assertRetry);
      await env.port.apply(change(low, 3), context);
      await settled(env.port, low);
    });

    rule('what it forgets when it starts anew is told as nobody’s', async ({ port, restart }) => {
      assert.equal(restart !== undefined, port.capabilities.isVolatile);
      if (restart === undefined) return;
      const [low] = two(port);
      await port.apply(change(low, 3), { idempotencyKey: 'run/canary' });
      await settled(port, low);
      await restart();
      assert.deepEqual(
        { generation: 0, ...(await port.readBack()) },
        { weightPercent: 0, writer: null, generation: 0 },
      );
    });

    rule('a cancelled call is a cancellation, not a vendor’s failure', async ({ port }) => {
      const isNone = (error: unknown): boolean => !(error instanceof ProviderError);
      await assert.rejects(port.readBack(AbortSignal.abort()), isNone);
    });
  });
}
