/** Search attributes that an administrator takes away or retypes under running switches: none may notice (A7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import proto from '@temporalio/proto';
import { openSwitches } from '../support/switch.ts';

// A server of its own: what is removed here is missing for every switch on it.
const switches = openSwitches({});

const { INDEXED_VALUE_TYPE_DOUBLE: DOUBLE, INDEXED_VALUE_TYPE_INT: INT } =
  proto.temporal.api.enums.v1.IndexedValueType;

void test('removed or retyped in the middle, a switch completes and another one rolls back (A7)', async () => {
  const { connection, namespace } = await switches.connected();
  const { operatorService } = connection;
  const [on, back] = await Promise.all([
    switches.start('attributes on', { plan: { canary: { weightPercent: 0.5 } } }),
    switches.start('attributes back', { plan: { canary: { weightPercent: 0.5 } } }),
  ]);
  const held = [on, back].map((one) => one.service.stopAt('gate:canary 0.5 %'));
  await Promise.all(held.map((one) => one.reached));
  const before = await on.handle.describe();
  assert.deepEqual(before.searchAttributes['CutoverStage'], ['canary']);
  await operatorService.removeSearchAttributes({
    namespace,
    searchAttributes: ['CutoverOutcome', 'CutoverWeight'],
  });
  await operatorService.addSearchAttributes({ namespace, searchAttributes: { CutoverWeight: INT } });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await back.command('rollback', { reason: 'drill' });
  for (const one of held) one.go();
  await back.rolledBack();
  back.assertAllOnFrom();
  assert.equal((await on.outcome()).kind, 'completed');
  const failed = ((await on.handle.fetchHistory()).events ?? []).filter(
    (event) => event.workflowTaskFailedEventAttributes,
  );
  assert.ok(failed.length <= 1, `${failed.length} failed tasks`);
  await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['CutoverWeight'] });
  await operatorService.addSearchAttributes({ namespace, searchAttributes: { CutoverWeight: DOUBLE } });
});
