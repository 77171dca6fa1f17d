/**
 * Reads thresholds from a file: what a plan has under `gates`, alone or in a plan.
 * Invariant: only what the file names is changed; a name that a plan does not have is refused with the one meant.
 */
import { BUILT_IN_GATES, type GateName, type GateSettings } from '../domain/gate.ts';
import { UserError } from '../domain/errors.ts';
import type { GateTune } from '../domain/settings.ts';
import { parsePlanText } from '../plan/document.ts';
import { nearest } from '../plan/nearest.ts';
import { readText } from '../plan/read-text.ts';
import { keysAt } from '../plan/schema-keys.ts';
import { gatesFile } from '../plan/schema-gates.ts';

/** @throws UserError with everything that is wrong in the file. */
export async function readGates(file: string): Promise<GateTune> {
  const { value } = parsePlanText(await readText(file), file);
  const { gates } = value;
  const given = isTree(gates) ? gates : value;
  const parsed = gatesFile.safeParse(given);
  if (!parsed.success) throw new UserError(`${file}: ${parsed.error.issues.map(wordsOf).join('; ')}`);
  const { advisory, off } = parsed.data;
  const names: readonly string[] = [...advisory, ...off];
  const unknown = names.find((name) => !isGate(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, BUILT_IN_GATES);
    throw new UserError(
      `${file}: ${unknown} is no gate`,
      meant === null ? {} : { hint: `did you mean ${meant}?` },
    );
  }
  const change = named(parsed.data, given);
  if (Object.keys(change).length === 0) throw new UserError(`${file} names no threshold`);
  return change;
}

/** Only what the file names; the rest of what was read are defaults. */
function named(read: GateSettings, given: Readonly<Record<string, unknown>>): GateTune {
  const within = (value: unknown, own: unknown): unknown =>
    isTree(value) && isTree(own)
      ? Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(own, key)))
      : value;
  return Object.fromEntries(
    Object.entries(read).flatMap(([key, value]) => {
      const own = given[key] ?? given[key.replace(/Ms$/, '')];
      return own === undefined ? [] : [[key, within(value, own)]];
    }),
  );
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isGate(name: string): name is GateName {
  return name.startsWith('custom:') || BUILT_IN_GATES.some((one) => one === name);
}

function wordsOf(issue: { code: string; path: readonly PropertyKey[]; message: string }): string {
  const place = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys' || !('keys' in issue)) return `${place}: ${issue.message}`;
  const [key = ''] = issue.keys as string[];
  const meant = nearest(key, keysAt(gatesFile, [], {}));
  const hint = meant === null ? '' : `, did you mean ${meant}?`;
  return `${place === '' ? '' : `${place}.`}${key} is no threshold${hint}`;
}
