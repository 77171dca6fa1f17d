/** What tests of config stores ask, whichever store it is. */
import assert from 'node:assert/strict';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import type { ConfigStorePort } from '../../src/ports/index.ts';

/** A password that no message may hold. */
export const SECRET = 'pass-word-4711';

export function write(port: ConfigStorePort, next: EdgeConfig): Promise<EdgeConfig> {
  return port.compareAndSet(next, { idempotencyKey: next.writer });
}

/** Asserts what a call says, and that no secret is in it. */
export async function refuses(
  call: () => Promise<unknown> | undefined,
  kind: ProviderErrorKind,
  says: RegExp,
  hint?: string,
): Promise<void> {
  await assert.rejects(
    async () => call(),
    (error) => {
      assert.ok(error instanceof ProviderError, String(error));
      assert.match(error.message, says, hint);
      assert.equal(error.kind, kind, `${hint}: ${error.message}`);
      assert.doesNotMatch(error.message, /pass-word/);
      return true;
    },
    hint,
  );
}
