/** A worker that moves jobs from blue to green until it is killed, and says after each call how many. */
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';

export interface MoverOrder {
  readonly ref: ProviderRef;
  readonly env: ProviderScope['env'];
}

/** Jobs of one call: few, so that a kill comes between and in the middle of calls. */
const JOBS = 150;

async function moveOn({ ref, env }: MoverOrder): Promise<void> {
  const { queue } = await resolveProvider(ref.use);
  const port = queue?.(ref, { env } as unknown as ProviderScope, {});
  if (port === undefined) throw new Error(`${ref.use} has no queue`);
  for (;;) {
    const { moved } = await port.move('blue', 'green', { idempotencyKey: 'run/move', maxMessages: JOBS });
    process.send?.(moved);
  }
}

process.once('message', (order: MoverOrder) => void moveOn(order).catch(() => process.exit(1)));
