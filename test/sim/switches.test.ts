/** A few bad days of `npm run sim:switches`, and those by name that once went wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { generate } from '../../scripts/sim-switches/generate.ts';
import { live } from '../../scripts/sim-switches/run.ts';
import { openStage, type OpenStage } from '../../scripts/sim-switches/stage.ts';
import { sharedServer } from '../support/temporal.ts';

const SEEDS = Array.from({ length: 24 }, (_, i) => 9001 + i);
const AT_ONCE = 6;

/** Days that violated an invariant once, by what went wrong in them. */
const NAMED: Readonly<Record<string, number>> = {
  'a rollback and the next stage in one workflow task (F1)': 28,
  'a freeze dated by a worker whose clock is half a minute ahead (F12)': 6,
  'a freeze dated by a worker whose clock is ten minutes ahead (F12)': 13,
  'a worker that stood still during the next switch (F3)': 3,
};

let stage: OpenStage;

before(async () => {
  const { address } = await sharedServer();
  stage = await openStage([], address);
});

after(() => stage.close());

describe('bad days', () => {
  it('violate nothing: about forty switches', async () => {
    const left = [...SEEDS];
    const lines: string[] = [];
    const days = async (): Promise<void> => {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift())
        lines.push(...(await violations(seed)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, days));
    assert.deepEqual(lines, []);
  });

  for (const [what, seed] of Object.entries(NAMED)) {
    it(`seed ${seed}: ${what}`, async () => {
      assert.deepEqual(await violations(seed), []);
    });
  }
});

async function violations(seed: number): Promise<string[]> {
  const found = await live(stage, generate(seed));
  return found.map(({ invariant, what }) => `seed ${seed}: ${invariant}: ${what}`);
}
