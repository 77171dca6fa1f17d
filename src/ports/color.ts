/** A color's stack: its health contract in every region, and its end. */
import type { Color } from '../domain/color.ts';
import type { HealthContract } from '../domain/health.ts';
import type { Closable, WriteContext } from './context.ts';

export interface ColorPort extends Closable {
  health(color: Color, signal?: AbortSignal): Promise<readonly HealthContract[]>;
  /** Scales a color down for good; idempotent. */
  retire(color: Color, context: WriteContext): Promise<{ detail: string }>;
}
