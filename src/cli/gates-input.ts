/**
 * Reads thresholds from a file: what a plan has under `gates`, alone or in a plan.
 * Invariant: only what the file names is changed; a name that a plan does not have is refused with the one meant.
 */
import { BUILT_IN_GATES, type GateName } from '../domain/gate.ts';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import type { GateTune } from '../domain/settings.ts';
import { parsePlanText } from '../plan/document.ts';
import { nearest } from '../plan/nearest.ts';
import { readText } from '../plan/read-text.ts';
import { gatesFile } from '../plan/schema-gates.ts';

/** @throws UserError with everything that is wrong in the file. */
export async function readGates(file: string): Promise<GateTune> {
  const { value } = parsePlanText(await readText(file), file);
  const parsed = gatesFile.safeParse(Object.hasOwn(value, 'gates') ? value['gates'] : value);
  if (!parsed.success) throw new UserError(`${file}: ${parsed.error.issues.map(wordsOf).join('; ')}`);
  const { queueAge, advisory, off, ...rest } = parsed.data;
  const queueAgeMs = queueAge === undefined ? null : parseDuration(queueAge);
  const names = [...(advisory ?? []), ...(off ?? [])];
  const unknown = names.find((name) => !isGate(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, BUILT_IN_GATES);
    throw new UserError(
      `${file}: ${unknown} is no gate`,
      meant === null ? {} : { hint: `did you mean ${meant}?` },
    );
  }
  const override = {
    ...rest,
    ...(queueAgeMs === null ? {} : { queueAgeMs }),
    ...(advisory === undefined ? {} : { advisory: advisory as GateName[] }),
    ...(off === undefined ? {} : { off: off as GateName[] }),
  };
  if (Object.keys(override).length === 0) throw new UserError(`${file} names no threshold`);
  // An absent field is not there; zod's `| undefined` is only its type.
  return override as GateTune;
}

function isGate(name: string): name is GateName {
  return name.startsWith('custom:') || BUILT_IN_GATES.some((one) => one === name);
}

function wordsOf(issue: { code: string; path: readonly PropertyKey[]; message: string }): string {
  const place = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys' || !('keys' in issue)) return `${place}: ${issue.message}`;
  const [key = ''] = issue.keys as string[];
  const meant = nearest(key, Object.keys(gatesFile.shape));
  const hint = meant === null ? '' : `, did you mean ${meant}?`;
  return `${place === '' ? '' : `${place}.`}${key} is no threshold${hint}`;
}
