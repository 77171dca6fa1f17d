/** What a switch leaves behind: its events in pages as they come, and at its end the evidence pack beside a report for people. */
import { reportMarkdown } from '../board/report.ts';
import { REPORT_FILE, writePack } from '../evidence/pack.ts';
import { storePage } from '../evidence/pages.ts';
import { toldByHolds } from '../evidence/seen.ts';
import { signingKey } from '../evidence/signature.ts';
import type { Activities } from './api.ts';
import { targetsOf } from '../domain/targets.ts';
import type { World } from './world.ts';

export function reportActivities(
  world: World,
  env: Readonly<Record<string, string | undefined>>,
): Pick<Activities, 'appendEvents' | 'publishReport'> {
  return {
    async appendEvents({ targets, firstIndex, events }) {
      const store = await world.port('evidence', targets);
      return { digest: await storePage(store, targets.switchId, firstIndex, events) };
    },

    async publishReport({ plan, switchId, startedMs, planDigest, outcome, pages, events: tail }) {
      const targets = targetsOf(plan, switchId, startedMs);
      const store = await world.port('evidence', targets);
      const facts = { switchId, plan, planDigest, outcome, pages, tail };
      const { sha256, events, lost } = await writePack(store, facts, signingKey(env));
      const holds = await toldByHolds(store, events);
      const report = reportMarkdown({ switchId, plan, outcome, events, sha256, lostPages: lost, holds });
      const path = await store.publish(switchId, REPORT_FILE, report);
      // The last thing a switch does with the world, but for telling people.
      await world.release?.(targets);
      return { path };
    },
  };
}
