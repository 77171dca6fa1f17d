/**
 * Every recorded scenario replays on the workflow as it is now: whoever changes its order of commands learns it here, before a
 * running switch does. After a deliberate change record anew: node --import tsx test/replay/record.ts
 */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { installRuntime } from '../../src/telemetry.ts';
import { quickBundle } from '../support/bundle.ts';
import { readHistory } from '../support/history-file.ts';

const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));
const CHANGED = fileURLToPath(new URL('changed-workflow.ts', import.meta.url));
const MAX_BYTES = 3_500_000;
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json.gz'));

interface Recorded {
  readonly workflowId: string;
  readonly history: ReturnType<typeof readHistory>;
}

function* recorded(some: readonly string[]): Generator<Recorded> {
  for (const name of some) {
    yield { workflowId: name.replace('.json.gz', ''), history: readHistory(join(FOLDER, name)) };
  }
}

void describe('the replay corpus', () => {
  void test('holds every kind of ending, and is small', () => {
    assert.ok(names.length >= 100, `${names.length} histories`);
    for (const kind of ['completes', 'refused-', 'back-from-', 'cancelled-at-', 'fails-in-']) {
      assert.ok(
        names.some((name) => name.startsWith(kind)),
        `no history of ${kind}`,
      );
    }
    const bytes = names.map((name) => statSync(join(FOLDER, name)).size).reduce((sum, size) => sum + size, 0);
    assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
  });

  void test('says of every activity and timer what it is for: people read it in the UI', () => {
    const bare = new Set<string>();
    for (const { workflowId, history } of recorded(names)) {
      for (const event of history.events ?? []) {
        const { activityTaskScheduledEventAttributes: activity, timerStartedEventAttributes: timer } = event;
        const name =
          activity?.activityType?.name ?? (timer === undefined || timer === null ? null : 'a timer');
        if (name !== null && (event.userMetadata?.summary?.data?.length ?? 0) < 5)
          bare.add(`${name} (${workflowId})`);
      }
    }
    assert.deepEqual([...bare], []);
  });

  void test('replays on the workflow as it is now', async () => {
    installRuntime('ERROR');
    const options = { workflowBundle: await quickBundle(), replayName: 'corpus' };
    const failed: string[] = [];
    let replayed = 0;
    for await (const { workflowId, error } of Worker.runReplayHistories(options, recorded(names))) {
      replayed += 1;
      if (error !== undefined) failed.push(`${workflowId}: ${error.message}`);
    }
    assert.deepEqual(failed, []);
    assert.equal(replayed, names.length);
  });

  void test('does not replay on a workflow that was changed: the test above can fail', async () => {
    installRuntime('ERROR');
    const options = { workflowsPath: CHANGED, replayName: 'changed' };
    const results: (Error | undefined)[] = [];
    for await (const { error } of Worker.runReplayHistories(options, recorded(['completes.json.gz']))) {
      results.push(error);
    }
    assert.equal(results.length, 1);
    assert.equal(results[0]?.name, 'DeterminismViolationError', String(results[0]));
  });
});
