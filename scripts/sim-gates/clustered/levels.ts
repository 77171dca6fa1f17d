/** Levels of a look in a hold with the default plan's two extensions, as the gates have them. */
import { lookLevels } from '../../../src/domain/gates/look-plan.ts';

export interface Levels {
  /** Of a FAIL, over all parts. */
  readonly alpha: number;
  /** Of a PASS; null before the scheduled end. */
  readonly passAlpha: number | null;
}

export function levelsAt(look: number, looks: number): Levels {
  const final = look === looks;
  const { fail, pass } = lookLevels({ index: look, planned: looks, final, plan: { looks, extensions: 2 } });
  return { alpha: fail, passAlpha: final ? pass : null };
}
