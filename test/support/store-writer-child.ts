/** A worker that makes one write to a store and tells its parent how that went; the parent stops it in the middle. */
import { ProviderError } from '../../src/domain/errors.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';

export interface Order {
  readonly ref: ProviderRef;
  readonly service: string;
  readonly env: ProviderScope['env'];
  readonly next: EdgeConfig;
}

export type Outcome =
  | { readonly written: EdgeConfig }
  | { readonly kind: ProviderError['kind'] | null; readonly message: string };

async function write({ ref, service, env, next }: Order): Promise<Outcome> {
  try {
    const { store } = await resolveProvider(ref.use);
    const port = store?.(ref, { service, env } as unknown as ProviderScope, {});
    if (port === undefined) throw new Error(`${ref.use} has no store`);
    return { written: await port.compareAndSet(next, { idempotencyKey: next.writer }) };
  } catch (error) {
    return {
      kind: error instanceof ProviderError ? error.kind : null,
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

process.once('message', (order: Order) => {
  write(order)
    .then((outcome) => process.send?.(outcome, () => process.disconnect()))
    .catch(() => process.exit(1));
});
