/**
 * Replays one request that a user sent before, with a shadow pin: the router keeps it out of SLO math and the application refuses its
 * writes, so it can be repeated without harm.
 *
 * Invariant: nothing is replayed before the entry has shown that it follows this color's shadow pin, and no answer counts that does
 * not show it again. A request whose pin is not followed would be a user's, and a replayed write would happen twice.
 */
import type { Color } from '../domain/color.ts';
import { userStatusClass } from '../domain/clusters/server-error.ts';
import { UserError } from '../domain/errors.ts';
import { H } from '../edge/headers.ts';
import { assertPinned, pinFault, pinHeaders, PinNotFollowedError } from '../edge/pinned.ts';
import { ownDialect, type OwnDialect } from '../domain/streams/own.ts';
import { watchBody } from '../edge/watch-body.ts';
import { errorClass, type SendStage } from './error-class.ts';
import type { ProviderScope } from '../ports/index.ts';

const TIMEOUT_MS = 15_000;

/**
 * @param dialects stream dialects of the user's own
 * @returns the error class, or null when it was answered to the end and says of no error.
 * @throws PinNotFollowedError when the answer is not the asked color's; UserError without an entry or a secret.
 */
export async function replayRequest(
  scope: ProviderScope,
  color: Color,
  request: { readonly method: string; readonly key: string },
  signal: AbortSignal,
  dialects: readonly OwnDialect[] = [],
): Promise<string | null> {
  const entry = scope.entry[0];
  if (entry === undefined) {
    throw new UserError('shadow replay needs an entry', {
      hint: 'name one in the plan, or set shadow.replay: 0',
    });
  }
  await assertPinned(scope, entry.url, { color, kind: 'shadow', signal });
  const headers = await pinHeaders(scope, color, 'shadow');
  let stage: SendStage = 'headers';
  try {
    const response = await fetch(`${entry.url.replace(/\/+$/, '')}${request.key}`, {
      method: request.method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const fault = pinFault(response.headers, color);
    if (fault !== null) {
      await response.body?.cancel().catch(() => undefined);
      throw new PinNotFollowedError(entry.url, response.status, fault);
    }
    // The router's own rule: what it calls an answer to a user is one here.
    const failed = userStatusClass(response.status, response.headers.get(H.write));
    stage = 'body';
    const { headers: answered, status, body } = response;
    const watch = watchBody({ headers: answered, status, dialects: dialects.map(ownDialect) });
    for await (const chunk of body ?? []) watch.sees(chunk);
    return failed ?? watch.endError();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof PinNotFollowedError) throw cause;
    return errorClass(stage, cause);
  }
}
