/** Events are stored in pages as they come, and the pack and the report are made from the pages. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { reportActivities } from '../../src/activities/report.ts';
import type { Activities } from '../../src/activities/api.ts';
import type { Targets } from '../../src/domain/targets.ts';
import type { World } from '../../src/activities/world.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import { tempFolder } from '../probes/set-folder.ts';

const targets = { switchId: 's1' } as Targets;
const plan = {
  service: 'docs',
  from: 'blue',
  to: 'green',
  colors: { blue: { url: '', release: 'r1' }, green: { url: '', release: 'r2' } },
} as unknown as Plan;

const looked = (index: number): SwitchEvent => ({
  atMs: index,
  type: 'looked',
  step: `step-${index}`,
  look: { index, planned: 1, final: false },
  verdict: 'pass',
  gates: [],
  evidence: String(index).padStart(64, '0'),
});

async function open(): Promise<{ dir: string } & ReturnType<typeof reportActivities>> {
  const dir = await tempFolder();
  const store = folderEvidence({ use: 'folder', path: dir });
  const world = { port: () => Promise.resolve(store) } as unknown as World;
  return { dir, ...reportActivities(world, {}) };
}

const run = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run(activity, input);

const published = async (dir: string, name: string): Promise<string> =>
  readFile(path.join(dir, 's1', name), 'utf8');

void describe('report activities', () => {
  void it('keeps events in pages: 5,000 looks end in one pack, and no payload holds them all (A8)', async () => {
    const { dir, appendEvents, publishReport } = await open();
    const all = Array.from({ length: 5_000 }, (_, index) => looked(index));
    const pages: string[] = [];
    for (let first = 0; first < 4_900; first += 700) {
      const page = { targets, firstIndex: first, events: all.slice(first, first + 700) };
      pages.push((await run(appendEvents, page)).digest);
    }
    const input: Parameters<Activities['publishReport']>[0] = {
      plan,
      switchId: 's1',
      startedMs: 0,
      planDigest: 'p',
      outcome: { kind: 'completed', report: null },
      pages,
      events: all.slice(4_900),
    };
    assert.ok(JSON.stringify(input).length < 50_000);
    await run(publishReport, input);
    const pack = JSON.parse(await published(dir, 'evidence-pack.json')) as {
      pages: string[];
      eventCount: number;
      evidence: string[];
    };
    assert.deepEqual([pack.pages.length, pack.eventCount, pack.evidence.length], [8, 5_000, 5_000]);
    assert.equal(pack.evidence[4_999], '4999'.padStart(64, '0'));
    const report = await published(dir, 'report.md');
    for (const index of [0, 4_899, 4_900, 4_999]) assert.match(report, new RegExp(`step-${index}\\b`));
  });

  void it('stores the same page under the same digest when its step is retried (A8)', async () => {
    const { appendEvents } = await open();
    const page = { targets, firstIndex: 3, events: [looked(3)] };
    assert.deepEqual(await run(appendEvents, page), await run(appendEvents, page));
    const moved = await run(appendEvents, { ...page, firstIndex: 4 });
    assert.notDeepEqual(moved, await run(appendEvents, page));
  });

  void it('ends without a page that the store lost, and the report names it (F7)', async () => {
    const { dir, appendEvents, publishReport } = await open();
    const { digest } = await run(appendEvents, { targets, firstIndex: 0, events: [looked(0)] });
    await rm(path.join(dir, digest.slice(0, 2)), { recursive: true });
    await run(publishReport, {
      plan,
      switchId: 's1',
      startedMs: 0,
      planDigest: 'p',
      outcome: { kind: 'completed', report: null },
      pages: [digest],
      events: [looked(1)],
    });
    const report = await published(dir, 'report.md');
    assert.match(report, new RegExp(`events are missing.*${digest}`));
    assert.match(report, /step-1/);
  });
});
