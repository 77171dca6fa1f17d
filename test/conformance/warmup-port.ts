/** What every `WarmupPort` must do. The environment starts with no warm instance of either color. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WarmupPort } from '../../src/ports/index.ts';

export interface WarmupEnv {
  readonly port: WarmupPort;
  close(): Promise<void>;
}

const context = { idempotencyKey: 'run/warm' };

export function warmupPortSuite(name: string, makeEnv: () => Promise<WarmupEnv>): void {
  const test = (title: string, body: (env: WarmupEnv) => Promise<void>): void => {
    void it(title, async () => {
      const env = await makeEnv();
      try {
        await body(env);
      } finally {
        await env.close();
      }
    });
  };

  void describe(`WarmupPort: ${name}`, () => {
    test('the first round pays for cold starts, the second does not', async ({ port }) => {
      const first = await port.warm('green', 4, context);
      assert.equal(first.sent, 4);
      assert.ok(first.cold > 0);
      const second = await port.warm('green', 4, context);
      assert.equal(second.cold, 0);
      assert.deepEqual([second.failed, second.failure], [0, null]);
    });

    test('no pings see nothing', async ({ port }) => {
      assert.deepEqual(await port.warm('green', 0, context), {
        sent: 0,
        cold: 0,
        failed: 0,
        failure: null,
      });
    });

    test('release may be repeated', async ({ port }) => {
      await port.release('green', context);
      await port.release('green', context);
    });
  });
}
