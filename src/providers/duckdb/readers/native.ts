/** A draft as a request line, as the router writes it: the one place that says what a format must have to be counted. */
import { COLORS, type Color } from '../../../domain/color.ts';
import { AGENT } from '../../../domain/pin.ts';
import { leftClass } from '../../../domain/request-line.ts';
import type { Draft, Left, ReaderSettings } from './reader.ts';
import { instantMs, numberOf, textOf } from './values.ts';

/** Segments of a path that make a route; deeper ones would make a route of each object. */
const SEGMENTS = 3;
/** Part of a path that names one object and not a kind of request. */
const ID = /^(?:\d+|[0-9a-f]{8,}|[0-9a-f-]{32,36}|.{40,})$/i;
const WORD: Readonly<Record<Color, RegExp>> = {
  blue: /(?:^|[^a-z])blue(?:[^a-z]|$)/i,
  green: /(?:^|[^a-z])green(?:[^a-z]|$)/i,
};
/** What a sum of fractions may lack, ms. */
const ROUNDING_MS = 1e-3;
/** Our own requests say so in their user agent, where a log keeps nothing else of them. */
const OURS = new RegExp(`^${AGENT}(probe|warm|prime|shadow)$`);

/** @returns the JSON of a request line, or why there is none */
export function nativeOf(draft: Draft, settings: ReaderSettings): string | Left {
  const color = colorOf(textOf(draft.color), settings.colors);
  if (color === null) return { left: `no color in ${draft.colorField}`, isForeign: true };
  const atMs = instantMs(draft.at);
  if (atMs === null || Math.abs(atMs) > 8e15) return broken('no readable ts');
  const status = numberOf(draft.status);
  if (status === null || !Number.isInteger(status) || status < 100 || status > 999) {
    return broken('no readable status');
  }
  const tfinal = numberOf(draft.finalMs);
  if (tfinal === null || tfinal < 0) return broken('no readable latency');
  const target = pathOf(textOf(draft.target));
  const key = textOf(draft.userKey);
  const user = key ?? textOf(draft.userAddress);
  const [id, method, instance] = [textOf(draft.id), textOf(draft.method), textOf(draft.instance)];
  const generation = numberOf(draft.generation);
  const hash = textOf(draft.indexHash);
  return JSON.stringify({
    ts: new Date(Math.floor(atMs + ROUNDING_MS)).toISOString(),
    ...(id === null ? {} : { id }),
    service: settings.service,
    route: textOf(draft.route) ?? routeOf(target),
    ...(method === null ? {} : { method }),
    kind: OURS.exec(textOf(draft.agent) ?? '')?.[1] ?? 'user',
    color,
    ...(user === null ? {} : { user, user_by: key === null ? 'address' : 'key' }),
    region: textOf(draft.region) ?? settings.region,
    ...(instance === null ? {} : { instance }),
    ...(generation === null ? {} : { cfg_gen: generation }),
    ...(draft.isCold === true ? { cold: true } : {}),
    ...(hash === null ? {} : { INDEX_HASH: hash }),
    ...(target === null ? {} : { cache: { key: target, hit: draft.isHit ?? null } }),
    status,
    error: draft.hasLeft === true ? leftClass(tfinal) : (draft.error ?? null),
    latency_ms: {
      ...timed('tffb', draft.firstMs),
      ...timed('tusable', draft.usableMs),
      tfinal: rounded(tfinal),
    },
  });
}

function timed(name: string, value: unknown): object {
  const ms = numberOf(value);
  return ms === null || ms < 0 ? {} : { [name]: rounded(ms) };
}

/** To a nanosecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}

/** By what the plan says of each color, as a part of the text; else by its name as a word. Null when it is neither or both. */
function colorOf(text: string | null, colors: ReaderSettings['colors']): Color | null {
  if (text === null) return null;
  const found = COLORS.filter((color) =>
    colors === null ? WORD[color].test(text) : text.includes(colors[color]),
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** Path and query of a URL, or of what begins with a slash. */
function pathOf(target: string | null): string | null {
  if (target === null || target.startsWith('/')) return target;
  const host = target.indexOf('://');
  if (host === -1) return null;
  const path = target.indexOf('/', host + 3);
  return path === -1 ? '/' : target.slice(path);
}

/** A path without its query and the names of single objects. */
function routeOf(target: string | null): string {
  if (target === null) return '/';
  const [path = ''] = target.slice(0, 2000).split('?');
  const parts = path.split('/').filter((part) => part !== '');
  const kept = parts.slice(0, SEGMENTS).map((part) => (ID.test(part) ? '*' : part));
  return `/${kept.join('/')}${parts.length > SEGMENTS ? '/**' : ''}`;
}

function broken(why: string): Left {
  return { left: why, isForeign: false };
}
