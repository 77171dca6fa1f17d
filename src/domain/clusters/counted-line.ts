/** One user's request as sums count it: what an engine over lines of any other shape maps them to. */
import type { Color } from '../color.ts';
import { md5First32 } from '../md5.ts';
import type { RequestLine } from '../request-line.ts';
import { userStatusClass } from './server-error.ts';
import { INSTANCE_BINS, USER_BINS } from './sums.ts';

export interface CountedLine {
  /** When the request began, epoch ms. */
  readonly atMs: number;
  readonly color: Color;
  /** '' when unknown. */
  readonly region: string;
  readonly route: string;
  /** 16 hex digits of the keyed hash, or any other text that names the user (an address); null: a user of its own. */
  readonly user: string | null;
  readonly instance: string | null;
  /** It paid for a cold start. */
  readonly cold: boolean;
  /** It was answered as it should be: no 4xx, no 5xx, no error class. */
  readonly ok: boolean;
  /** Error class `stage:kind[:code]`; null without one. */
  readonly error: string | null;
  /** To the end of the body, ms. */
  readonly tfinalMs: number;
  /** To the first usable text, ms; null when nobody measured it. */
  readonly tusableMs: number | null;
  /** Null when the line does not tell which cache was asked, for what, or what it said. */
  readonly cache: CountedLookup | null;
}

export interface CountedLookup {
  /** Which cache answered. */
  readonly node: string;
  readonly key: string;
  readonly hit: boolean;
  /** Lifetime the stored answer got, s; null where none was stored or nobody tells. */
  readonly ttlS: number | null;
}

/**
 * A request line as sums count it.
 * @returns null of one that does not count: of our own, answered by the edge itself, or the well-ended second line of a WebSocket
 */
export function countedLine(line: RequestLine): CountedLine | null {
  const { kind, by, socket, write, status, error, cache, latency_ms: latency } = line;
  if (kind !== 'user' || by === 'edge' || (socket?.event === 'close' && error === null)) return null;
  const { node, key, hit, ttl_s: ttlS } = cache;
  return {
    atMs: Date.parse(line.ts),
    color: line.color,
    region: line.region,
    route: line.route,
    user: line.user,
    instance: line.instance,
    cold: line.cold,
    ok: status < 400 && error === null,
    error: error ?? userStatusClass(status, write),
    tfinalMs: latency.tfinal,
    tusableMs: latency.tusable ?? null,
    cache: node === null || key === null || hit === null ? null : { node, key, hit, ttlS },
  };
}

const KEYED_HASH = /^[0-9a-f]{16}$/;

/** The top 9 bits of the hash. Another text is hashed by MD5; a line without user by its epoch ms as a whole number in digits. */
export function userBin({ user, atMs }: Pick<CountedLine, 'user' | 'atMs'>): number {
  const first32 =
    user !== null && KEYED_HASH.test(user)
      ? Number.parseInt(user.slice(0, 8), 16)
      : md5First32(user ?? String(Math.floor(atMs)));
  return Math.floor((first32 / 2 ** 32) * USER_BINS);
}

/** The top 6 bits of the name's MD5. */
export function instanceBin(name: string): number {
  return Math.floor((md5First32(name) / 2 ** 32) * INSTANCE_BINS);
}
