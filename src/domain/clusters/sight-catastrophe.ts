/** From which volume on a hold fails an outage at its first look. */
import { binomialUpperTail } from '../stats/index.ts';
import type { HoldAhead, UsualTraffic } from './ahead.ts';
import type { CatastropheLimits } from './catastrophe.ts';
import { POWER } from './sight-power.ts';

const HOUR_MS = 3_600_000;
/** Parts that the first look is cut into. */
const PARTS = 3;
const MOST_PER_HOUR = 1e7;
const FACTOR = 1.1;
const MANY = 100;

/**
 * Fewest requests an hour of both colors at which an outage of `share` of `to`'s requests fails the first look.
 * @returns null when none is enough
 */
export function outageSeenFrom(
  { requestsPerUser, errorRate }: Pick<UsualTraffic, 'requestsPerUser' | 'errorRate'>,
  { holdMs, levels, share: toShare, catastrophe }: HoldAhead,
  share = 0.5,
): number | null {
  const hours = holdMs / levels.length / HOUR_MS;
  const each = Math.max(1, requestsPerUser * hours);
  for (let perHour = 1; perHour <= MOST_PER_HOUR; perHour *= FACTOR) {
    const requests = perHour * hours * toShare;
    if (chanceOfBadPart(requests / PARTS, share, catastrophe) ** PARTS < POWER) continue;
    const users = Math.floor(requests / each);
    const affected = Math.floor(users * (1 - (1 - share) ** each));
    if (affected < catastrophe.users || affected < catastrophe.share * users) continue;
    const others = Math.round((perHour * hours * (1 - toShare)) / each);
    const p =
      toShare >= 1
        ? binomialUpperTail(affected - 1, users, 1 - (1 - errorRate) ** each)
        : binomialUpperTail(
            affected - 1,
            affected + Math.round(others * (1 - (1 - errorRate) ** each)),
            users / (users + others),
          );
    if (p <= catastrophe.level) return perHour;
  }
  return null;
}

/** P(a part has requests, and a quarter of them bad), their number by chance. */
function chanceOfBadPart(mean: number, share: number, { share: least }: CatastropheLimits): number {
  // So many that the number itself is no chance any more.
  if (mean > MANY) return binomialUpperTail(Math.ceil(least * mean) - 1, Math.round(mean), share);
  let [term, chance] = [Math.exp(-mean), 0];
  for (let n = 1; n <= 4 * MANY; n += 1) {
    term *= mean / n;
    chance += term * binomialUpperTail(Math.ceil(least * n) - 1, n, share);
  }
  return chance;
}
