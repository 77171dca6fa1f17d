/** Warm capacity before users come. */
import type { Color } from '../domain/color.ts';
import type { Closable, WriteContext } from './context.ts';

export interface WarmupPort extends Closable {
  /** Asks for warm capacity and/or sends pings tagged `x-warm`; returns what the pings saw. */
  warm(
    color: Color,
    pings: number,
    context: WriteContext,
  ): Promise<{
    sent: number;
    cold: number;
    /** Pings without a whole answer of `color`; a failed ping warms nothing and is not a cold start. */
    failed: number;
    /** What went wrong with the first that failed: address and status, never a secret. Null when none did. */
    failure: string | null;
  }>;
  /** One harmless try in preflight: why pings of `color` would fail, or null. Absent: nothing can be tried. */
  check?(color: Color, signal?: AbortSignal): Promise<string | null>;
  release(color: Color, context: WriteContext): Promise<void>;
}
