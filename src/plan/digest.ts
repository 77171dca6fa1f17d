/**
 * The digest that identifies a plan: sha256 of its canonical JSON.
 *
 * Invariant: depends on values only, never on key order, comments or layout of the file; anyone who holds the plan as
 * it stands in a workflow's history can compute it again.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Plan } from '../domain/plan.ts';

/** @returns sha256, 64 hex digits */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}
