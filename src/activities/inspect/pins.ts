/** Instructions that the other side must be seen to follow: pins through every entry, and the route that warm pings ask. */
import { COLORS } from '../../domain/color.ts';
import type { Plan } from '../../domain/plan.ts';
import { UserError } from '../../domain/errors.ts';
import type { Targets } from '../../domain/targets.ts';
import { PIN_FIX } from '../../probes/pinned-entries.ts';
import { signal } from '../attempt.ts';
import type { World } from '../world.ts';
import { blocks, type Found } from './seen.ts';

/** One pinned request per entry and color: what a stage hours later would learn, said before anything moved. */
export async function pinsFollowed(world: World, plan: Plan, targets: Targets): Promise<readonly Found[]> {
  if (!sendsPins(plan)) return [];
  try {
    const asked = await Promise.all(COLORS.map(async (color) => world.pinned(targets, color, signal())));
    return asked
      .flat()
      .flatMap(({ region, fault, fix }) =>
        fault === null ? [] : [blocks('pin-refused', `in ${region}: ${fault}`, fix ?? PIN_FIX)],
      );
  } catch (cause) {
    signal().throwIfAborted();
    if (!(cause instanceof UserError)) throw cause;
    return [
      blocks('pin-refused', cause.message, cause.hint ?? 'set CUTOVER_PIN_SECRET where the worker runs'),
    ];
  }
}

function sendsPins({ probes, shadow, providers }: Plan): boolean {
  return probes.request.via === 'edge' || shadow.replay > 0 || providers.cache !== null;
}

/** The route is asked once: a stage later, pings that fail would be a question in the middle of the switch. */
export async function warmRouteAnswers(
  world: World,
  plan: Plan,
  targets: Targets,
): Promise<readonly Found[]> {
  const warmup = await world.port('warmup', targets);
  const fault = (await warmup?.check?.(plan.to, signal())) ?? null;
  if (fault === null) return [];
  return [
    blocks(
      'warm-route',
      `warm pings of ${plan.to} would fail: ${fault}`,
      'serve that route (the stub of cutover init does once it is given `warm`), or name one that answers 2xx, e.g. that of answers, as path of warmup.provider: pings carry x-warm: 1',
    ),
  ];
}
