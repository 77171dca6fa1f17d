/**
 * What is not a crash: the edge that cannot be reached, the evidence store that is gone, the notifier that is down all the time. The
 * switch waits for what it needs, does without what it does not need, and finds its way back through an outage.
 */
import { rename, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { sendCommand } from '../../src/client/command.ts';
import { assertRight } from './assert.ts';
import { startCrashWorld, type CrashWorld, type SwitchSpec } from './harness.ts';
import { at, type Action } from './hits.ts';

const OUTAGE_MS = 4000;

const edgeAway: Action = async ({ edge }, _run, letGo) => {
  edge.down = true;
  // The held write is dropped: its connection is gone.
  letGo();
  await sleep(OUTAGE_MS);
  edge.down = false;
};

/** Users are on the new color, somebody wants them back, and the edge does not answer. */
const rollbackWhileAway: Action = async ({ edge }, { handle }, letGo) => {
  letGo();
  edge.down = true;
  await sendCommand(handle, 'rollback', { by: 'crash-suite', reason: 'the edge is away as well' });
  await sleep(OUTAGE_MS);
  edge.down = false;
};

/** A file where the folder was: every read and write of it fails. */
const evidenceGone: Action = async ({ dir }, _run, letGo) => {
  letGo();
  const folder = join(dir, 'switch-1', 'evidence');
  await rename(folder, `${folder}.away`);
  await writeFile(folder, '');
  await sleep(OUTAGE_MS);
  await rm(folder);
  await rename(`${folder}.away`, folder);
};

describe('outages', { skip: process.env['CRASH_SHORT'] === '1', concurrency: 1 }, () => {
  let world: CrashWorld;
  before(async () => {
    world = await startCrashWorld({ notifierDown: true });
  });
  after(() => world.close());

  it('evidence gone in a hold, edge away in a write and in a rollback, notifier down throughout', async (t) => {
    const spec: SwitchSpec = {
      from: 'blue',
      hits: [
        at('canary hold', evidenceGone),
        at('ramp write, before', edgeAway),
        at('peak hold', rollbackWhileAway),
      ],
      outcome: 'rolled-back',
    };
    const switched = await world.switchOnce(spec);
    t.diagnostic(await assertRight(switched, spec));
  });
});
