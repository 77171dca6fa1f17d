/**
 * What a switch leaves behind: its events in pages as they come, and at its end the evidence pack (what was planned, what happened,
 * every verdict by digest, and how to check it) beside a report for people.
 */
import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { EvidenceGoneError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import { checkedPage, eventPage } from '../domain/event-page.ts';
import type { EvidencePort } from '../ports/index.ts';
import type { Activities } from './api.ts';
import { reportMarkdown } from '../board/report.ts';
import type { World } from './world.ts';

export function reportActivities(
  world: World,
  env: Readonly<Record<string, string | undefined>>,
): Pick<Activities, 'appendEvents' | 'publishReport'> {
  return {
    async appendEvents({ targets, firstIndex, events }) {
      const store = await world.port('evidence', targets);
      return { digest: await store.put(eventPage(targets.switchId, firstIndex, events)) };
    },

    async publishReport({ targets, plan, planDigest, outcome, pages, events: tail }) {
      const { switchId } = targets;
      const store = await world.port('evidence', targets);
      const stored = await readPages(store, switchId, pages);
      const last = tail.length === 0 ? [] : [await store.put(eventPage(switchId, stored.count, tail))];
      const events = [...stored.events, ...tail];
      const pack = {
        schema: 2,
        switchId,
        planDigest,
        plan,
        outcome,
        pages: [...pages, ...last],
        eventCount: stored.count + tail.length,
        evidence: events.flatMap((one) =>
          one.type === 'looked' && one.evidence !== '' ? [one.evidence] : [],
        ),
      };
      const text = canonicalJson(pack);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const key = env['CUTOVER_SIGNING_KEY'];
      const signature =
        key === undefined || key === '' ? null : createHmac('sha256', key).update(text).digest('hex');
      await store.publish(switchId, 'evidence-pack.json', text);
      await store.publish(
        switchId,
        'evidence-pack.signature.json',
        JSON.stringify({ sha256, 'hmac-sha256': signature }, null, 2),
      );
      const report = reportMarkdown({ switchId, plan, outcome, events, sha256, lostPages: stored.lost });
      const path = await store.publish(switchId, 'report.md', report);
      // The last thing a switch does with the world, but for telling people.
      await world.release?.(targets);
      return { path };
    },
  };
}

/** A page that is gone is named in the report: a switch must be able to end without it. */
async function readPages(
  store: EvidencePort,
  switchId: string,
  digests: readonly string[],
): Promise<{ events: readonly SwitchEvent[]; count: number; lost: readonly string[] }> {
  const events: SwitchEvent[] = [];
  const lost: string[] = [];
  let count = 0;
  for (const digest of digests) {
    try {
      const page = checkedPage(await store.get(digest), digest, switchId);
      events.push(...page.events);
      count = page.firstIndex + page.events.length;
    } catch (cause) {
      if (!(cause instanceof EvidenceGoneError)) throw cause;
      lost.push(digest);
    }
  }
  return { events, count, lost };
}
