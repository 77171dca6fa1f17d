/**
 * From `--file` and `--set` to a `Tune`: durations as people write them, names as a plan has them.
 * Invariant: only the form is judged here; whether a change is legal now only the switch can say, and it does.
 */
import { parse } from 'yaml';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import type { Tune } from '../domain/tune.ts';
import { MAX_PLAN_BYTES } from '../plan/document.ts';
import { nearest } from '../plan/nearest.ts';
import { readText } from '../plan/read-text.ts';

const FIELDS = ['canary', 'audit', 'hold', 'rampAhead', 'gates', 'freezeMs', 'fenceMs'] as const;

/** A plan's spelling of a field, where the engine's has its unit in its name. */
const ALIASES: Readonly<Record<string, string>> = {
  for: 'forMs',
  weight: 'weightPercent',
  freeze: 'freezeMs',
  fence: 'fenceMs',
  queueAge: 'queueAgeMs',
  ramp: 'rampAhead',
};

type Tree = { [key: string]: unknown };

/** @throws UserError when nothing was given, or it cannot be read. */
export async function readTune(file: string | undefined, sets: readonly string[]): Promise<Tune> {
  if (file === undefined && sets.length === 0) {
    throw new UserError('tune needs --set or --file', { hint: 'e.g. --set hold.forMs=30m' });
  }
  const change: Tree = file === undefined ? {} : asTree(normal('', await readYaml(file)), file);
  for (const given of sets) put(change, given);
  for (const field of Object.keys(change)) checkField(field);
  if (Array.isArray(change['rampAhead']))
    change['rampAhead'] = change['rampAhead'].map((step) => withLists(step));
  return change;
}

async function readYaml(file: string): Promise<unknown> {
  const text = await readText(file);
  if (Buffer.byteLength(text) > MAX_PLAN_BYTES) {
    throw new UserError(`${file}: is larger than ${MAX_PLAN_BYTES / 1024} KB`, {
      hint: 'name a YAML file with the change',
    });
  }
  try {
    return parse(text, { maxAliasCount: 20 }) as unknown;
  } catch (cause) {
    const first = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new UserError(`${file}: is not YAML: ${first}`, { hint: 'e.g. `hold: { for: 30m }`', cause });
  }
}

function put(change: Tree, given: string): void {
  const at = given.indexOf('=');
  if (at < 1)
    throw new UserError(`--set ${JSON.stringify(given.slice(0, 60))} is not <field>=<value>`, {
      hint: 'e.g. --set hold.forMs=30m',
    });
  const keys = given
    .slice(0, at)
    .split('.')
    .map((key) => ALIASES[key] ?? key);
  const last = keys.at(-1) ?? '';
  if (keys.some((key) => key === '' || key === '__proto__')) {
    throw new UserError(`--set: ${JSON.stringify(given.slice(0, at))} is not a field`, {
      hint: 'e.g. hold.forMs or gates.deltaS.pass',
    });
  }
  checkField(keys[0] ?? '');
  let node = change;
  for (const key of keys.slice(0, -1)) {
    const next = node[key];
    node = node[key] = isTree(next) ? { ...next } : {};
  }
  node[last] = normal(last, scalar(given.slice(at + 1)));
}

function checkField(field: string): void {
  if (FIELDS.some((one) => one === field)) return;
  const meant = nearest(field, FIELDS);
  throw new UserError(`${JSON.stringify(field.slice(0, 60))} cannot be tuned`, {
    hint: meant === null ? `these can: ${FIELDS.join(', ')}` : `did you mean ${meant}?`,
  });
}

/** A number, true, a list or an object as JSON; everything else is text. */
function scalar(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Renames a plan's fields and reads durations, all the way down. */
function normal(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => normal('', item));
  if (isTree(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const known = ALIASES[name] ?? name;
        return [known, normal(known, inner)];
      }),
    );
  }
  if (!key.endsWith('Ms') || typeof value !== 'string') return value;
  const ms = parseDuration(value);
  if (ms !== null) return ms;
  throw new UserError(`${key}: ${JSON.stringify(value.slice(0, 40))} is not a duration`, {
    hint: 'write it as 90s, 15m or 1h30m',
  });
}

/** A step needs its lists; most have none. */
function withLists(step: unknown): unknown {
  return isTree(step) ? { cohorts: [], regions: [], ...step } : step;
}

function asTree(value: unknown, file: string): Tree {
  if (isTree(value)) return { ...value };
  throw new UserError(`${file}: must hold fields to change`, { hint: `fields are ${FIELDS.join(', ')}` });
}

function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
