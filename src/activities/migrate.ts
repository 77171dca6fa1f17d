/** Caches, warmth, the calendar and the end of a color. */
import { nextBusyStretch } from '../domain/busy-hours.ts';
import { nextPeak } from '../domain/peak.ts';
import type { Activities } from './api.ts';
import type { Targets } from '../domain/targets.ts';
import { keep, signal, writeContext } from './attempt.ts';
import { edgeStateOf } from './edge.ts';
import { popularKeys } from './popular-keys.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** Two of each weekday: one that was a holiday is not the whole story. */
const HISTORY_DAYS = 14;

const NO_PINGS = { sent: 0, cold: 0, failed: 0 };

export type MigrateActivities = Pick<
  Activities,
  'moveCaches' | 'primeCache' | 'warm' | 'releaseWarmth' | 'peakWindow' | 'retire' | 'notify'
>;

export function migrateActivities(world: World): MigrateActivities {
  return {
    async moveCaches({ targets, step, popular }) {
      const cache = await world.port('cache', targets);
      if (cache === null) throw new Error('the plan names no cache');
      const keys = await popularKeys(world, targets, popular);
      const { namespace } = await cache.purge(targets.from, writeContext(targets, `${step}/purge`));
      const { stillCached } = await cache.verifyPurged(targets.from, keys, signal());
      const primed = await cache.prime(targets.to, keys, writeContext(targets, `${step}/prime`));
      const standing = await edgeStateOf(world, targets);
      const { generation = null, weightPercent = 0 } = standing ?? {};
      return { purged: namespace, stillCached, ...primed, generation, weightPercent };
    },

    async primeCache({ targets, step, color, popular }) {
      const cache = await world.port('cache', targets);
      if (cache === null) return { primed: 0, failed: 0 };
      const keys = await popularKeys(world, targets, popular);
      return cache.prime(color, keys, writeContext(targets, step));
    },

    async warm({ targets, step, color, pings, rounds }) {
      const warmup = await world.port('warmup', targets);
      if (warmup === null) return { ...NO_PINGS, flat: true, detail: 'no provider' };
      let [sent, cold, failed] = [0, 0, 0];
      let failure: string | null = null;
      const history: string[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const seen = await warmup.warm(color, pings, writeContext(targets, `${step}/${round}`));
        keep({ round });
        sent += seen.sent;
        cold += seen.cold;
        failed += seen.failed;
        failure = seen.failure ?? failure;
        history.push(`${seen.cold}/${seen.sent} cold`);
        // Flat: a whole round of pings found every instance warm.
        if (seen.cold === 0 && seen.failed === 0) {
          return { sent, cold, failed, flat: true, detail: history.join(', ') };
        }
      }
      // A ping that failed warmed nothing, and says nothing about cold starts.
      const detail =
        failed === 0
          ? history.join(', ')
          : `${failed} of ${pings * rounds} pings failed: ${failure ?? 'no reason given'}`;
      return { sent, cold, failed, flat: false, detail };
    },

    async releaseWarmth({ targets, step, color }) {
      await (await world.port('warmup', targets))?.release(color, writeContext(targets, step));
    },

    async peakWindow({ targets, peak, forMs, notBeforeMs }) {
      const byHand = { expected: null, known: true };
      if (peak === null)
        return { startMs: notBeforeMs, endMs: notBeforeMs + forMs, why: 'any hour', ...byHand };
      if (peak !== 'telemetry') {
        return { ...nextPeak(peak, notBeforeMs, forMs), why: `${peak.at} ${peak.zone}`, ...byHand };
      }
      return busyHour(world, targets, forMs, notBeforeMs);
    },

    async retire({ targets, step, color }) {
      return (await world.port('color', targets)).retire(color, writeContext(targets, step));
    },

    async notify({ targets, step, notification }) {
      const notifiers = await world.port('notify', targets);
      await Promise.all(notifiers.map((one) => one.send(notification, writeContext(targets, step))));
    },
  };
}

async function busyHour(
  world: World,
  targets: Targets,
  forMs: number,
  notBeforeMs: number,
): Promise<Awaited<ReturnType<Activities['peakWindow']>>> {
  const telemetry = await world.port('telemetry', targets);
  const toMs = world.now();
  const query = { service: targets.service, fromMs: toMs - HISTORY_DAYS * DAY_MS, toMs, regions: [] };
  const found = nextBusyStretch(await telemetry.hourly(query, signal()), toMs, notBeforeMs, forMs);
  if (found === null) {
    const why = `telemetry of the last ${HISTORY_DAYS} days holds no request to tell a peak by`;
    return { startMs: notBeforeMs, endMs: notBeforeMs + forMs, why, expected: null, known: false };
  }
  const { startMs, expected, days } = found;
  const hour = new Date(startMs).toUTCString().replace(/, .* (\d\d:\d\d):\d\d GMT/, ' $1Z');
  const why = `${hour}, usually ${expected} requests${days < 7 ? ` by only ${days} days of telemetry` : ''}`;
  return { startMs, endMs: startMs + forMs, why, expected, known: true };
}
