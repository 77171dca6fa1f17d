/** What a failure to read says to the person who has to mend it: one clear line instead of a stuck switch. */
import { ProbeSetChangedError, ProviderError, UserError } from '../../domain/errors.ts';
import { redact } from '../../domain/redact.ts';
import { blocks, type Found } from './seen.ts';

/** A port that could not be opened or read, after its tries. */
export function unreadable(port: string, cause: unknown): Found {
  const message = `${port}: ${textOf(cause)}`;
  if (cause instanceof UserError || (cause instanceof ProviderError && cause.kind !== 'retry')) {
    const hint = cause instanceof UserError ? cause.hint : undefined;
    return blocks('provider-misconfigured', message, hint ?? "correct the plan or the worker's environment");
  }
  return blocks('provider-unreachable', message, 'make it reachable from the worker, then start again');
}

/** A probe set that could not be opened on this worker. */
export function probesUnreadable(cause: unknown): Found {
  return blocks(
    cause instanceof ProbeSetChangedError ? 'probe-set-changed' : 'probe-set-missing',
    textOf(cause),
    'the worker reads the probe set from the same path as `cutover start` did',
  );
}

function textOf(cause: unknown): string {
  return redact(cause instanceof Error ? cause.message : String(cause));
}
