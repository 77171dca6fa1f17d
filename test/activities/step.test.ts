/** A step as an activity: whichever worker tries it, and however often, it is the same key; its undo has one of its own and names it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { stepActivities } from '../../src/activities/step.ts';
import type { StepCall } from '../../src/activities/step-api.ts';
import type { World } from '../../src/activities/world.ts';
import type { Targets } from '../../src/domain/targets.ts';
import type { StepPort } from '../../src/ports/index.ts';

const targets = { switchId: 'run-1', service: 'docs', from: 'blue', to: 'green' } as Targets;
const call: StepCall = { targets, step: 'step/up/1', name: 'up', at: 'frozen', action: { use: './up.mjs' } };

/** Attempts of both, one worker after the other. */
async function asked(answer: unknown): Promise<string[]> {
  const keys: string[] = [];
  const perform: StepPort['perform'] = async ({ undoes }, { idempotencyKey }) => {
    keys.push(undoes === null ? idempotencyKey : `${idempotencyKey} undoes ${undoes}`);
    return answer as { detail: string };
  };
  for (const attempt of [1, 7]) {
    const activities = stepActivities({ step: async () => ({ perform }) } as unknown as World);
    const environment = new MockActivityEnvironment({ attempt });
    await environment.run(() => activities.performStep(call));
    await environment.run(() => activities.undoStep(call));
  }
  return keys;
}

void test('the key of a step is that of its round, never of an attempt', async () => {
  const round = 'run-1/step/up/1';
  const undo = `${round}/undo undoes ${round}`;
  assert.deepEqual(await asked({ detail: 'done' }), [round, undo, round, undo]);
});

void test('a module that says nothing is named, with what to return', async () => {
  for (const answer of [undefined, {}, { detail: 7 }]) {
    await assert.rejects(asked(answer), {
      name: 'UserError',
      message: 'step up: the module "./up.mjs" returned no `detail`',
    });
  }
});
