/** What every `WarmupPort` must do. The environment starts with no warm instance of either color. */
import assert from 'node:assert/strict';
import type { WarmupPort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface WarmupEnv extends Env {
  readonly port: WarmupPort;
}

const context = { idempotencyKey: 'run/warm' };

export function warmupPortSuite(name: string, makeEnv: () => Promise<WarmupEnv>): void {
  suite(`WarmupPort: ${name}`, makeEnv, ({ rule }) => {
    rule('the first round pays for cold starts, the second does not', async ({ port }) => {
      const first = await port.warm('green', 4, context);
      assert.equal(first.sent, 4);
      assert.ok(first.cold > 0);
      const second = await port.warm('green', 4, context);
      assert.equal(second.cold, 0);
      assert.deepEqual([second.failed, second.failure], [0, null]);
    });

    rule('no pings see nothing', async ({ port }) => {
      assert.deepEqual(await port.warm('green', 0, context), {
        sent: 0,
        cold: 0,
        failed: 0,
        failure: null,
      });
    });

    rule('release may be repeated', async ({ port }) => {
      await port.release('green', context);
      await port.release('green', context);
    });
  });
}
