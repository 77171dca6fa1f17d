/** Checks that JSON from outside is an edge config. Pure; no schema library, because the bundle runs at the edge. */
import { COLORS, isColor } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';

/** Largest document that is read, bytes; Workers KV would take more, but a config is small. */
export const MAX_CONFIG_BYTES = 65_536;

/** @returns the config, or one sentence saying what is wrong with it. */
export function parseEdgeConfig(value: unknown): EdgeConfig | string {
  if (!isRecord(value)) return 'the edge config must be an object';
  const { generation, weightPercent, freezeUntilMs, cohorts, switchStartedMs } = value;
  if (value['schema'] !== 1) return 'schema must be 1';
  for (const field of ['service', 'writer', 'salt']) {
    if (typeof value[field] !== 'string') return `${field} must be a string`;
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
  if (!Array.isArray(cohorts) || !cohorts.every((cohort) => typeof cohort === 'string')) {
    return 'cohorts must be a list of names';
  }
  if (freezeUntilMs !== null && !Number.isSafeInteger(freezeUntilMs))
    return 'freezeUntilMs must be epoch ms or null';
  if (switchStartedMs !== undefined && !Number.isSafeInteger(switchStartedMs))
    return 'switchStartedMs must be epoch ms';
  if (!perColor(value['writes'], (mode) => mode === 'open' || mode === 'read-only')) {
    return 'writes must be open or read-only for each color';
  }
  if (!perColor(value['cacheEpoch'], (epoch) => Number.isSafeInteger(epoch))) {
    return 'cacheEpoch must be a whole number for each color';
  }
  if (!perColor(value['releases'], (id) => typeof id === 'string'))
    return 'releases must name each color’s release';
  return value as unknown as EdgeConfig;
}

function perColor(value: unknown, ok: (entry: unknown) => boolean): boolean {
  return isRecord(value) && COLORS.every((color) => ok(value[color]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
