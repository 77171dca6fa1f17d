/**
 * The error tree. `UserError`: the caller's fault, one line and an exit code, no stack. `RefusedError`: a command that is not
 * legal now. `ProviderError`: a vendor's answer, mapped once at the provider into what to do about it.
 * Anything else is a bug and shows its stack.
 */
import { redact } from './redact.ts';

/** A mistake of the user: what is wrong, where, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: number;
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 2;
  }
}

/** The probe set of a running switch is not the one it was started with. */
export class ProbeSetChangedError extends UserError {}

/** A command that is refused in the present state; the switch is unchanged. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly exitCode = 3;
}

/**
 * What the caller of a provider must do about a failure:
 * `retry` the same call (after `retryAfterMs` if given), `reread` and decide anew, ask a `human`, or give up (`fatal`).
 */
export type ProviderErrorKind = 'retry' | 'reread' | 'human' | 'fatal';

/** What a vendor said holds no secret of ours, even if the vendor said one back. */
export class ProviderError extends Error {
  override readonly name: string = 'ProviderError';
  readonly kind: ProviderErrorKind;
  readonly provider: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    provider: string,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.provider = provider;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Evidence that was stored once is not there any more, or was never put where it can be seen from here. */
export class EvidenceGoneError extends ProviderError {
  override readonly name = 'EvidenceGoneError';

  constructor(provider: string, message: string) {
    super('fatal', provider, message);
  }
}
