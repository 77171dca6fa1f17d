/** A color names a physical stack. Neither is "old": a plan says `from` and `to`, and the next release goes back the other way. */
export type Color = 'blue' | 'green';

export const COLORS = ['blue', 'green'] as const satisfies readonly Color[];

export function otherColor(color: Color): Color {
  return color === 'blue' ? 'green' : 'blue';
}

export function isColor(value: unknown): value is Color {
  return value === 'blue' || value === 'green';
}
