/** A worker that makes one write to a Redis and tells its parent how that went; the parent stops it in the middle. */
import { ProviderError } from '../../src/domain/errors.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { redisStore } from '../../src/providers/redis/store.ts';

export interface Order {
  readonly ref: { readonly use: string };
  readonly service: string;
  readonly env: ProviderScope['env'];
  readonly next: EdgeConfig;
}

export type Outcome =
  | { readonly written: EdgeConfig }
  | { readonly kind: ProviderError['kind'] | null; readonly message: string };

process.once('message', ({ ref, service, env, next }: Order) => {
  const scope = { service, env } as unknown as ProviderScope;
  redisStore(ref, scope)
    .compareAndSet(next, { idempotencyKey: next.writer })
    .then(
      (written): Outcome => ({ written }),
      (error: unknown): Outcome => ({
        kind: error instanceof ProviderError ? error.kind : null,
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((outcome) => process.send?.(outcome, () => process.disconnect()))
    .catch(() => process.exit(1));
});
