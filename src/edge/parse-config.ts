/** Checks that JSON from outside is an edge config. Pure; no schema library, because the bundle runs at the edge. */
import { COLORS, isColor } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import { isRecord } from '../domain/is-record.ts';

/** Largest document that is read, bytes; Workers KV would take more, but a config is small. */
export const MAX_CONFIG_BYTES = 65_536;

const MAX_TEXT = 256;
const MAX_COHORTS = 1000;
/** What a header may carry once the rest is escaped. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns the config, or one sentence saying what is wrong with it. */
export function parseEdgeConfig(value: unknown): EdgeConfig | string {
  if (!isRecord(value)) return 'the edge config must be an object';
  const { generation, weightPercent, freezeUntilMs, cohorts, switchStartedMs } = value;
  if (value['schema'] !== 1) return 'schema must be 1';
  for (const field of ['service', 'writer', 'salt']) {
    if (!isPlain(value[field])) return `${field} must be a string ${PLAIN}`;
  }
  if (!Number.isSafeInteger(generation) || Number(generation) < 1)
    return 'generation must be a whole number from 1';
  for (const field of ['from', 'to', 'producer']) {
    if (!isColor(value[field])) return `${field} must be blue or green`;
  }
  if (value['from'] === value['to']) return 'from and to must differ';
  if (value['topology'] !== 'weight' && value['topology'] !== 'header')
    return 'topology must be weight or header';
  if (typeof weightPercent !== 'number' || !(weightPercent >= 0 && weightPercent <= 100)) {
    return 'weightPercent must be 0 to 100';
  }
  if (!Array.isArray(cohorts) || cohorts.length > MAX_COHORTS || !cohorts.every(isPlain)) {
    return `cohorts must be a list of at most ${MAX_COHORTS} names`;
  }
  if (freezeUntilMs !== null && !(Number.isSafeInteger(freezeUntilMs) && Number(freezeUntilMs) >= 0)) {
    return 'freezeUntilMs must be epoch ms or null';
  }
  if (switchStartedMs !== undefined && !Number.isSafeInteger(switchStartedMs))
    return 'switchStartedMs must be epoch ms';
  if (!perColor(value['writes'], (mode) => mode === 'open' || mode === 'read-only')) {
    return 'writes must be open or read-only for each color';
  }
  if (!perColor(value['cacheEpoch'], (epoch) => Number.isSafeInteger(epoch) && Number(epoch) >= 0)) {
    return 'cacheEpoch must be a whole number for each color';
  }
  if (!perColor(value['releases'], isPlain)) return `releases must name each color’s release ${PLAIN}`;
  return value as unknown as EdgeConfig;
}

const PLAIN = `of at most ${MAX_TEXT} characters, without control characters`;

/** True for text that goes into headers, keys and log lines unharmed. */
function isPlain(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_TEXT &&
    !CONTROL.test(value) &&
    !LONE_SURROGATE.test(value)
  );
}

function perColor(value: unknown, ok: (entry: unknown) => boolean): boolean {
  return isRecord(value) && COLORS.every((color) => ok(value[color]));
}
