/** What the Temporal UI shows beside the name of an activity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../src/activities/api.ts';
import { summarized } from '../../src/workflows/summaries.ts';

/** Longer ones are cut off in a timeline of a laptop's width. */
const SHORT = 60;

/** Calls an activity that only tells its summary. */
async function summaryOf(name: keyof Activities, input: unknown): Promise<string> {
  const told: ActivityOptions[] = [];
  const called = { executeWithOptions: async (options: ActivityOptions) => void told.push(options) };
  const activities = summarized({ [name]: called } as unknown as ActivityInterfaceFor<Activities>);
  await (activities[name] as (given: unknown) => Promise<unknown>)(input);
  return told[0]?.summary ?? '';
}

const WATCH = { stage: 'ramp', step: 'ramp 25 %', everyMs: 300_000, looks: 12, gates: [] };

void test('a hold, a wait and a single look say their step first, and that attempts are looks', async () => {
  const said = await Promise.all(
    [
      WATCH,
      { ...WATCH, looks: null, step: 'ramp wait' },
      { ...WATCH, stage: 'shadow', step: 'shadow', looks: 1, everyMs: 0 },
      { ...WATCH, stage: 'caches', step: 'caches', looks: 1, everyMs: 600_000 },
    ].map((input) => summaryOf('watchGates', input)),
  );
  assert.deepEqual(said, [
    'ramp 25 %: a look each attempt, 12 every 5m',
    'ramp wait: a look each attempt, every 5m',
    'shadow: one look',
    'caches: one look after 10m',
  ]);
});

void test('what users wait for fits a line of the timeline', async () => {
  const targets = { from: 'blue', to: 'green' };
  const said = [
    await summaryOf('writeEdge', { step: 'ramp-25', patch: { weightPercent: 25 }, targets }),
    await summaryOf('writeEdge', { step: 'freeze', patch: {}, freezeForMs: 90_000, targets }),
    await summaryOf('restoreTraffic', { targets }),
    await summaryOf('awaitGeneration', { generation: 123, withinMs: 120_000 }),
    await summaryOf('drainQueue', { color: 'green', quietMs: 5000, budgetMs: 120_000 }),
    await summaryOf('guardFence', { targets, forMs: 300_000 }),
    await summaryOf('moveJobs', { step: 'rollback-jobs', from: 'green', to: 'blue' }),
  ];
  for (const one of said) assert.ok(one.length > 10 && one.length <= SHORT, one);
});
