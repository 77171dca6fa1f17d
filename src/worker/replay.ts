/**
 * Replays one request that a user sent before, with a shadow pin: the router keeps it out of SLO math and the application refuses its
 * writes, so it can be repeated without harm.
 */
import type { Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import { PIN_HEADER, signPin } from '../domain/pin.ts';
import { errorClass, statusClass, type SendStage } from '../probes/error-class.ts';
import type { ProviderScope } from '../providers/ports.ts';

const TIMEOUT_MS = 15_000;

/** @returns the error class, or null when it was answered to the end. */
export async function replayRequest(
  scope: ProviderScope,
  color: Color,
  request: { readonly method: string; readonly key: string },
  signal: AbortSignal,
): Promise<string | null> {
  const entry = scope.entry[0];
  const secret = scope.env['CUTOVER_PIN_SECRET'];
  if (entry === undefined || secret === undefined || secret === '') {
    throw new UserError('shadow replay needs an entry and CUTOVER_PIN_SECRET', {
      hint: 'set CUTOVER_PIN_SECRET where the worker runs, or shadow.replay: 0',
    });
  }
  const pin = await signPin({ color, kind: 'shadow', expMs: Date.now() + 60_000 }, secret);
  let stage: SendStage = 'headers';
  try {
    const response = await fetch(`${entry.url.replace(/\/+$/, '')}${request.key}`, {
      method: request.method,
      headers: { [PIN_HEADER]: pin },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const failed = statusClass(response.status);
    stage = 'body';
    await response.arrayBuffer();
    return failed;
  } catch (cause) {
    signal.throwIfAborted();
    return errorClass(stage, cause);
  }
}
