/**
 * What an application in either color needs to take part in a switch: who am I for this request, may I write,
 * which queue do I feed, under which key do I cache and dedupe.
 *
 * Invariant: doubt refuses. Without the router's word (a request past the edge, a stale reader) writes are refused
 * and reads go on.
 */
import { isColor, type Color } from '../domain/color.ts';
import type { EdgeConfig, WriteMode } from '../domain/edge-config.ts';
import type { RequestKind } from '../domain/request-line.ts';
import { H } from './headers.ts';

/** The edge's word on one request (or, from `EdgeConfigReader`, on one moment). */
export interface EdgeContext {
  /** False when nobody vouches for the rest: writes are then refused. */
  readonly known: boolean;
  /** Null when unknown. */
  readonly color: Color | null;
  readonly kind: RequestKind;
  readonly generation: number;
  readonly release: string;
  readonly writes: WriteMode;
  /** Epoch ms; null when no lease is held. */
  readonly freezeUntilMs: number | null;
  /** What the lease stops on this color: all writes (on `from`) or only enqueues (on `to`). */
  readonly freezeScope: 'all' | 'enqueue';
  /** The color whose queue producers feed; null when unknown. */
  readonly producer: Color | null;
}

/** Fetch `Headers`, or the plain record of Node's `IncomingMessage.headers`. */
export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The newest word of the edge about each color that was seen, by one process or by whoever keeps it. */
export type NewestWords = Map<Color, EdgeContext>;

/** Of this process: it serves one service, in one color as a rule. */
const newestHere: NewestWords = new Map();

/**
 * Reads what the router said. Trust it only where the application cannot be reached past the edge.
 *
 * Isolates of the edge learn of a new generation one after the other, so a request may bring an older word than one
 * before it. Who may write, the freeze and the producer are then taken from the newest word that this process has seen.
 * @param newest a memory of your own, where one process serves several services.
 */
export function readContext(headers: HeaderSource, newest: NewestWords = newestHere): EdgeContext {
  const said = saidBy(headers);
  if (said.color === null) return said;
  const known = newest.get(said.color);
  if (known === undefined || said.generation > known.generation) newest.set(said.color, said);
  const highest = Math.max(...Array.from(newest.values(), ({ generation }) => generation));
  if (said.generation >= highest) return said;
  const word = newest.get(said.color) ?? said;
  const { writes, freezeUntilMs, freezeScope, producer } = word;
  // Newer word came for the other color only, and says nothing of the writes here: until it does, they wait.
  if (word.generation < highest) return { ...said, known: false, writes: 'read-only', producer: null };
  return { ...said, writes, freezeUntilMs, freezeScope, producer };
}

function saidBy(headers: HeaderSource): EdgeContext {
  const color = header(headers, H.color);
  const producer = header(headers, H.producer);
  const freeze = Number(header(headers, H.freezeUntil) ?? Number.NaN);
  return {
    known: isColor(color),
    color: isColor(color) ? color : null,
    kind: (header(headers, H.kind) ?? 'user') as RequestKind,
    generation: Number(header(headers, H.generation) ?? 0),
    release: header(headers, H.release) ?? '',
    writes: isColor(color) && header(headers, H.writes) === 'open' ? 'open' : 'read-only',
    freezeUntilMs: Number.isFinite(freeze) ? freeze : null,
    freezeScope: header(headers, H.freezeScope) === 'enqueue' ? 'enqueue' : 'all',
    producer: isColor(producer) ? producer : null,
  };
}

/** Why a write is refused: `frozen` is over within seconds, `late` means this color will not take it, `shadow` is a replay. */
export type RefusalReason = 'frozen' | 'late' | 'shadow';

/** A refusal, ready to be answered. */
export interface WriteRefusal {
  readonly reason: RefusalReason;
  /** 503 for `frozen` (retry), 409 otherwise. */
  readonly status: 409 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Thrown by `assertWritable`. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError';
  readonly refusal: WriteRefusal;

  constructor(refusal: WriteRefusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export interface WriteIntent {
  /** The write also puts a job on a queue; enqueues stop on both colors while the lease is held. */
  readonly enqueue?: boolean;
}

/** The part of a context that decides about writes. */
export type WriteFence = Pick<EdgeContext, 'known' | 'kind' | 'writes' | 'freezeUntilMs' | 'freezeScope'>;

/** @returns null when the write may go on. */
export function writeRefusal(context: WriteFence, intent: WriteIntent, nowMs: number): WriteRefusal | null {
  if (context.kind === 'shadow') {
    return refusal('shadow', 'shadow traffic never writes');
  }
  if (!context.known) {
    return refusal('frozen', 'the edge config is not known here; writes wait until it is');
  }
  if (context.writes === 'read-only') {
    return refusal('late', 'this color is read-only; the write belongs to the other one');
  }
  const frozen = context.freezeUntilMs !== null && nowMs < context.freezeUntilMs;
  if (frozen && (context.freezeScope === 'all' || intent.enqueue === true)) {
    return refusal('frozen', 'writes are frozen for a moment while traffic is switched');
  }
  return null;
}

/**
 * @param nowMs epoch ms; the freeze is a lease and ends by itself.
 * @throws WriteRefusedError with the status and headers to answer.
 */
export function assertWritable(context: EdgeContext, intent: WriteIntent = {}, nowMs = Date.now()): void {
  const refused = writeRefusal(context, intent, nowMs);
  if (refused !== null) throw new WriteRefusedError(refused);
}

/**
 * The topic to enqueue to, which is not always the topic of the color that serves.
 * @throws WriteRefusedError when the producer color is not known.
 */
export function producerTopic(context: EdgeContext, topics: Readonly<Record<Color, string>>): string {
  if (context.producer !== null) return topics[context.producer];
  throw new WriteRefusedError(
    refusal('frozen', 'the producer color is not known here; enqueues wait until it is'),
  );
}

/** Cache key in the namespace of one color; raising the epoch empties that namespace at once. */
export function cacheKey(color: Color, epoch: number, key: string): string {
  return `${color}:${epoch}:${key}`;
}

/** The context of non-request work on one color (consumers, cron), from a config; null means doubt. */
export function contextOf(config: EdgeConfig | null, color: Color): EdgeContext {
  if (config === null) return { ...readContext({}), color };
  return {
    known: true,
    color,
    kind: 'user',
    generation: config.generation,
    release: config.releases[color],
    writes: config.writes[color],
    freezeUntilMs: config.freezeUntilMs,
    freezeScope: color === config.from ? 'all' : 'enqueue',
    producer: config.producer,
  };
}

function refusal(reason: RefusalReason, message: string): WriteRefusal {
  const status = reason === 'frozen' ? 503 : 409;
  const retry: Record<string, string> = reason === 'frozen' ? { 'retry-after': '1' } : {};
  return { reason, status, message, headers: { ...retry, [H.write]: reason } };
}

function header(headers: HeaderSource, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}
