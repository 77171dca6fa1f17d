/**
 * The digest that identifies a plan: sha256 of its canonical JSON.
 *
 * Invariant: depends on values only, never on key order, comments or layout of the file; anyone who holds the plan as
 * it stands in a workflow's history can compute it again.
 */
import { createHash } from 'node:crypto';
import type { Plan } from '../domain/plan.ts';

/** JSON with keys in code-unit order and without `undefined`. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** @returns sha256, 64 hex digits */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}
