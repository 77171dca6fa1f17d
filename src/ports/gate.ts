/** Judges of a user's own gates. */
import type { Color } from '../domain/color.ts';
import type { CustomResult } from '../domain/look-input.ts';
import type { Closable, WriteContext } from './context.ts';

export interface CustomGatePort extends Closable {
  judge(
    input: {
      name: string;
      options: Readonly<Record<string, unknown>>;
      switchId: string;
      step: string;
      from: Color;
      to: Color;
      windowFromMs: number;
      windowToMs: number;
    },
    context: WriteContext,
  ): Promise<CustomResult>;
}
