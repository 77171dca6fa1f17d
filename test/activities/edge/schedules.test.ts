/** Reading scheduled work back: a color that hangs costs a bounded time, whatever the edge took before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { schedulesSettled } from '../../../src/activities/edge/schedules.ts';
import type { World } from '../../../src/activities/world.ts';
import { healthContract } from '../../../src/conformance/color.ts';
import type { Color } from '../../../src/domain/color.ts';
import type { Targets } from '../../../src/domain/targets.ts';

async function settled(sinceMs: number): Promise<{ readonly said: string | null; readonly times: number }> {
  let times = 0;
  const color = {
    health: (which: Color) => {
      if (which === 'green') return new Promise(() => undefined);
      times += 1;
      return Promise.resolve([healthContract({ color: which })]);
    },
  };
  const world = { realTime: true, port: () => Promise.resolve(color) } as unknown as World;
  // What hangs holds no process.
  const alive = setInterval(() => undefined, 60_000);
  const environment = new MockActivityEnvironment();
  const said = await environment.run(() => schedulesSettled(world, {} as Targets, 'blue', sinceMs));
  clearInterval(alive);
  return { said: said as string | null, times };
}

test('the edge took the patience: a color that hangs is asked once, so that the edge that was read is told', async () => {
  const { said, times } = await settled(Date.now() - 2000);
  assert.match(said ?? '', /^green did not answer/);
  assert.equal(times, 1);
});
