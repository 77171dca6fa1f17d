/**
 * The router's own protocol under `/__cutover/`, whatever the router runs on: its routes, what each takes and answers, and the limits.
 * Router and clients read it from here. Pure, because the bundle runs at the edge.
 */
import { isColor, type Color } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import { isRecord } from '../domain/is-record.ts';
import { parseEdgeConfig } from './parse-config.ts';
import type { Sticky } from './sticky.ts';

export const ADMIN_PREFIX = '/__cutover/';

/** Routes below the prefix. Each wants `authorization: Bearer <admin token>`. */
export const ROUTES = {
  /** GET: what this region serves, as a `ServedReport`. */
  config: 'config',
  /** GET: what the store holds, as `{stored, nowMs}`. PUT `{next, idempotencyKey, freezeForMs?, follows?}`: compare and set; 409 when it lost. */
  store: 'store',
  /** POST `{color, keys}`: which keys this region's cache would answer. */
  lookup: 'cache/lookup',
  /** POST: writes out the request lines that wait. */
  flush: 'flush',
  /** POST `{cacheLeak}`: breaks the cache, where faults are allowed. */
  fault: 'fault',
} as const;

export type Route = (typeof ROUTES)[keyof typeof ROUTES];

/** Most keys in one cache look-up. */
export const MAX_LOOKUP_KEYS = 500;

export function routeUrl(base: string, route: Route): string {
  return `${base.replace(/\/+$/, '')}${ADMIN_PREFIX}${route}`;
}

/** What a region serves, as its router reports it. */
export interface ServedReport {
  readonly service: string;
  readonly region: string;
  readonly pop: string;
  readonly generation: number | null;
  readonly weightPercent: number | null;
  readonly doubt: boolean;
  readonly ageMs: number | null;
  readonly config: EdgeConfig | null;
  /** Where this router sends everything until a first config is written. */
  readonly defaultColor: Color;
  /** This router's clock, epoch ms. */
  readonly nowMs: number;
  /** By what this router knows users. */
  readonly sticky: Sticky;
  /** Stream dialects of the user's own that it knows, as `sameDialects` writes them. */
  readonly dialects: string;
  /** WebSockets open on each color in the isolate that answered; others may hold more. */
  readonly openSockets: Readonly<Record<Color, number>>;
}

/** What of a report a switch acts on; a router of an earlier version may leave out the last four. */
export interface Served {
  readonly generation: number | null;
  readonly weightPercent: number | null;
  readonly doubt: boolean;
  readonly writer?: string;
  readonly defaultColor?: Color;
  readonly nowMs?: number;
  readonly dialects?: string;
}

export function parseServed(body: unknown): Served {
  const report = isRecord(body) ? body : {};
  const { config, defaultColor, nowMs, dialects } = report;
  return {
    generation: numberOrNull(report['generation']),
    weightPercent: numberOrNull(report['weightPercent']),
    doubt: report['doubt'] === true,
    ...(isRecord(config) ? { writer: String(config['writer']) } : {}),
    ...(isColor(defaultColor) ? { defaultColor } : {}),
    ...(typeof nowMs === 'number' ? { nowMs } : {}),
    ...(typeof dialects === 'string' ? { dialects } : {}),
  };
}

/** What `store` answers. */
export interface StoreAnswer {
  readonly stored: EdgeConfig | null;
  /** The store's clock, epoch ms; null of a router of an earlier version. */
  readonly nowMs: number | null;
}

/** @returns the answer, or one sentence saying what is wrong with it */
export function parseStoreAnswer(body: unknown): StoreAnswer | string {
  const { stored, nowMs } = isRecord(body) ? body : {};
  const config = stored === null ? null : parseEdgeConfig(stored);
  return typeof config === 'string' ? config : { stored: config, nowMs: numberOrNull(nowMs) };
}

export interface Lookup {
  readonly color: Color;
  readonly keys: readonly string[];
}

/** @returns null when the body is no look-up within the limits */
export function parseLookup(body: unknown): Lookup | null {
  const { color, keys } = isRecord(body) ? body : {};
  if (!isColor(color) || !Array.isArray(keys) || keys.length > MAX_LOOKUP_KEYS) return null;
  return keys.every(isPath) ? { color, keys } : null;
}

export interface LookedUp {
  readonly generation: number;
  readonly cached: readonly string[];
}

export function parseLookedUp(body: unknown): LookedUp {
  const { generation, cached } = isRecord(body) ? body : {};
  return { generation: Number(generation ?? 0), cached: Array.isArray(cached) ? cached.map(String) : [] };
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/');
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
