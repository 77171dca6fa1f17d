/**
 * The user's value against the schema.
 *
 * Invariant: reports every fault of shape at once. Where all faults are in parts that may be left out, those parts are
 * left out and the rest is returned too, so that its meaning is checked in the same run.
 */
import type { Finding, Path } from './errors.ts';
import { explainAll, valueAt } from './explain.ts';
import { planFile, type PlanFile, type PlanRead } from './schema.ts';

export interface Shape {
  /** The file as it was written and as it was read, or null when too little of it is well-formed to be checked further. */
  readonly file: { readonly written: PlanFile; readonly read: PlanRead } | null;
  readonly findings: readonly Finding[];
}

export function checkShape(value: unknown): Shape {
  const first = planFile.safeParse(value);
  if (first.success) return { file: { written: value as PlanFile, read: first.data }, findings: [] };
  const findings = explainAll(first.error.issues, value, planFile);
  for (const cut of [fieldOf, listOf]) {
    const rest = without(
      value,
      findings.map(({ path }) => cut(path)),
    );
    const again = planFile.safeParse(rest);
    if (again.success) return { file: { written: rest as PlanFile, read: again.data }, findings };
  }
  return { file: null, findings };
}

/** The faulty field alone; an item of a list stays, so that indexes stay true. */
function fieldOf(path: Path): Path {
  return typeof path.at(-1) === 'number' ? listOf(path) : path;
}

/** The whole list that a faulty field stands in, or the field. */
function listOf(path: Path): Path {
  const index = path.findIndex((part) => typeof part === 'number');
  return index === -1 ? path : path.slice(0, index);
}

/** A copy of `value` without what stands at the paths. */
function without(value: unknown, paths: readonly Path[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const path of paths) {
    const parent = valueAt(copy, path.slice(0, -1));
    const last = path.at(-1);
    if (last !== undefined && parent !== null && typeof parent === 'object')
      Reflect.deleteProperty(parent, last);
  }
  return copy;
}
