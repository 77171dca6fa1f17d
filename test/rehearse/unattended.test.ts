/** The least a plan can say is rehearsed to its end, and nobody is asked anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearseReference, WITHOUT_QUEUE } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

void test('a plan without queue and cacheable routes is rehearsed to its end, unattended (A5)', async () => {
  // The way to the next peak is hours of looks at one time of day and none at another.
  const text = `${WITHOUT_QUEUE}hold: { peak: none }\n`;
  const { outcome, events } = await rehearseReference(await sharedServer(), { text });
  assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
  assert.ok(
    events.every((event) => event.type !== 'waiting'),
    'nobody was asked',
  );
});
