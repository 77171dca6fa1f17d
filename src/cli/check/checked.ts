/** One thing that `cutover check` asked, and what came of it. */
export interface Checked {
  readonly name: string;
  /** `left`: not there or not asked, and a switch can do without. `undecided`: begun, and no answer in time. */
  readonly state: 'ok' | 'wrong' | 'left' | 'undecided';
  readonly detail: string;
  /** What to do about it. */
  readonly todo: string | null;
}
