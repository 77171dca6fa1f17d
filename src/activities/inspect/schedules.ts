/** Scheduled work: `from` alone runs it before the flip, and `to` knows all of it. */
import type { Plan } from '../../domain/plan.ts';
import { jobsSaid, lostBy, misplaced, type Misplacement } from '../../domain/schedules.ts';
import { blocks, warns, type Found, type Seen } from './seen.ts';

const OBEY = 'run a job only where the edge config names the color as producer (docs/connect-a-service.md)';

export function* schedulesOnFrom({ from, to }: Plan, { health }: Seen): Generator<Found> {
  const found = misplaced(health, from);
  const jobs = (kind: Misplacement): string | null => {
    const names = [...found].filter(([, one]) => one === kind).map(([name]) => name);
    return names.length === 0 ? null : jobsSaid(names);
  };
  const [both, elsewhere, nowhere] = [jobs('both'), jobs('elsewhere'), jobs('nowhere')];
  if (both !== null) {
    yield blocks(
      'schedulers',
      `scheduled work runs on both colors, each time twice: ${both}`,
      `switch it off on ${to}; so that the flip hands it over, ${OBEY}`,
    );
  }
  if (elsewhere !== null) {
    yield blocks(
      'schedulers',
      `scheduled work runs on ${to} and not on ${from}, where users are: ${elsewhere}`,
      `switch it on on ${from} and off on ${to}; so that the flip hands it over, ${OBEY}`,
    );
  }
  if (nowhere !== null) {
    yield warns(
      'schedulers',
      `nobody runs this scheduled work: ${nowhere}`,
      `switch it on on ${from}, or leave it out of schedules if it is off on purpose`,
    );
  }
  const lost = lostBy(health, from, to);
  if (lost.length > 0) {
    yield warns(
      'schedulers',
      `${to} does not know scheduled work that ${from} runs: ${jobsSaid(lost)}; nobody runs it after the flip`,
      `bring it to ${to}, or make sure that it has an end`,
    );
  }
}
