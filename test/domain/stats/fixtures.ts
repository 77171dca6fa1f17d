/**
 * Reads the reference cases that scripts/stats-fixtures/generate.py wrote, and compares against them.
 * Invariant: a file with fewer than 500 cases is an error, so coverage cannot shrink unnoticed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** One column of a case: a number, a text (large integers), or a list of numbers. */
export class Row {
  readonly #cells: readonly unknown[];
  constructor(cells: readonly unknown[]) {
    this.#cells = cells;
  }
  num(index: number): number {
    const cell = this.#cells[index];
    const value = cell === 'Infinity' ? Infinity : cell === '-Infinity' ? -Infinity : cell;
    assert.ok(typeof value === 'number', `column ${index} is not a number: ${String(cell)}`);
    return value;
  }
  text(index: number): string {
    return String(this.#cells[index]);
  }
  list(index: number): number[] {
    const cell: unknown = this.#cells[index];
    assert.ok(Array.isArray(cell), `column ${index} is not a list`);
    return cell as number[];
  }
  toString(): string {
    return JSON.stringify(this.#cells);
  }
}

export function eachCase(name: string, check: (row: Row) => void): void {
  const text = readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8');
  const rows: unknown = JSON.parse(text);
  assert.ok(Array.isArray(rows) && rows.length >= 500, `${name}: at least 500 cases are required`);
  for (const row of rows as unknown[][]) check(new Row(row));
}

/** Largest relative error seen per fixture; printed at the end when STATS_PRECISION is set. */
const worst = new Map<string, number>();

/**
 * Asserts |actual - expected| <= relative * |expected| + absolute. The absolute part is for quantities
 * whose own scale is not their value (a logarithm near 0, a difference of proportions, a mean of +-1 data).
 */
export function near(
  actual: number,
  expected: number,
  context: { toString(): string },
  tolerance: { readonly relative?: number; readonly absolute?: number; readonly label?: string } = {},
): void {
  const { relative = 1e-9, absolute = 0, label } = tolerance;
  if (actual === expected) return;
  const error = Math.abs(actual - expected);
  if (label !== undefined) {
    const scaled = error / Math.max(Math.abs(expected), absolute / relative);
    worst.set(label, Math.max(worst.get(label) ?? 0, scaled));
  }
  assert.ok(
    error <= relative * Math.abs(expected) + absolute,
    `${label ?? ''} got ${actual}, want ${expected} (error ${error}) for ${context.toString()}`,
  );
}

if (process.env['STATS_PRECISION'] !== undefined) {
  process.on('exit', () => {
    for (const [label, error] of worst) console.log(`# precision ${label}: ${error.toExponential(1)}`);
  });
}
