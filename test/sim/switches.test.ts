/** A few bad days of `npm run sim:switches`, and those by name that once went wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { generate } from '../../scripts/sim-switches/generate.ts';
import { live } from '../../scripts/sim-switches/run.ts';
import type { EdgeKind, Scenario } from '../../scripts/sim-switches/scenario.ts';
import { openStage, type OpenStage } from '../../scripts/sim-switches/stage.ts';
import { sharedServer } from '../support/temporal.ts';
import { NAMED_DAYS } from './named-days.ts';

/** Some thirty switches; with the named days about forty. */
const SEEDS = Array.from({ length: 16 }, (_, i) => 9001 + i);
/** Of each other kind of edge, some five switches. */
const OTHERS = SEEDS.slice(0, 3);
const AT_ONCE = 6;

let stage: OpenStage;

before(async () => {
  const { address } = await sharedServer();
  stage = await openStage([], address);
});

after(() => stage.close());

describe('bad days', () => {
  it(`violate nothing: seeds ${SEEDS[0]} to ${SEEDS.at(-1)}`, async () => {
    assert.deepEqual(await lived(SEEDS, 'router'), []);
  });

  for (const edge of ['native', 'lossy', 'last-write'] as const)
    it(`violate nothing where the edge is ${edge}: seeds ${OTHERS[0]} to ${OTHERS.at(-1)}`, async () => {
      assert.deepEqual(await lived(OTHERS, edge), []);
    });

  describe('that once went wrong', { concurrency: AT_ONCE }, () => {
    for (const [what, scenario] of Object.entries(NAMED_DAYS)) {
      it(what, async () => {
        assert.deepEqual(await violations(scenario), []);
      });
    }
  });
});

async function lived(seeds: readonly number[], edge: EdgeKind): Promise<string[]> {
  const left = [...seeds];
  const lines: string[] = [];
  const days = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift())
      lines.push(...(await violations(generate(seed, edge))).map((line) => `seed ${seed}: ${line}`));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, days));
  return lines;
}

async function violations(scenario: Scenario): Promise<string[]> {
  const found = await live(stage, scenario);
  return found.map(({ invariant, what }) => `${invariant}: ${what}`);
}
