/**
 * One request as the edge logs it: the playbook's observability shape, one JSON object a line (NDJSON).
 * It is the one telemetry format every provider can produce; DuckDB, Prometheus and CloudWatch sources
 * are all reduced to what it says.
 */
import type { Color } from './color.ts';
import type { PinKind } from './pin.ts';
import type { RunSymbol } from './probes/lambda.ts';

/** Why the router chose the color; `refused`: it chose none, because it could not verify the request's pin. */
export type RouteReason = 'pinned' | 'cohort' | 'bucket' | 'no-key' | 'doubt' | 'refused';

/** `user` traffic counts in gates; the other kinds are ours, or were refused for their pin, and are kept out of SLO math. */
export type RequestKind = PinKind | 'refused';

export interface SocketPart {
  readonly event: 'open' | 'close';
  /** Payload bytes from the client and to it; on `open` 0. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RequestLine {
  /** When the request began, ISO 8601 UTC. */
  readonly ts: string;
  /** Of the request, any text: readers count a line once by its id and `ts`. Without one every line counts. */
  readonly id?: string;
  /** Lines lost just before this one, because nobody took them in time. Absent: none. */
  readonly lost_before?: number;
  readonly service: string;
  /** Logical route, e.g. `answer`, `note.write`; low cardinality. */
  readonly route: string;
  readonly method: string;
  readonly kind: RequestKind;
  readonly color: Color;
  readonly reason: RouteReason;
  /** Sticky bucket 0 to 99 999, or null without a key. */
  readonly bucket: number | null;
  /** A keyed 64-bit hash of the sticky key, hex: lets a reader follow one user, and nobody find out who it is. */
  readonly user: string | null;
  /** What `user` was made of; absent: `key`. An address is shared and changes, so it says nothing of stickiness. */
  readonly user_by?: 'key' | 'address' | 'none';
  readonly region: string;
  readonly edge_pop: string;
  readonly cfg_gen: number;
  readonly release: string;
  readonly instance: string | null;
  /** True when the origin says this request paid for a cold start. */
  readonly cold: boolean;
  readonly INDEX_HASH: string | null;
  readonly retrieval: {
    readonly metric: string;
    readonly analyzer: string;
    readonly embed_model: string;
    readonly reranker: string;
    /** On a probe's line: distance of its question and the delivered text, on the scale of the gate; null: not measured. */
    readonly ΔS_q_r?: number | null;
    /** On a probe's line: share of the gold text that was delivered; null: the question has none. */
    readonly coverage?: number | null;
    /** On a probe's line: how this answer stands to the others of its question; null: the question was not asked often enough. */
    readonly λ_state?: Exclude<RunSymbol, 'missing'> | null;
  } | null;
  /** `hit` is null when the route is not cacheable. `key` replays the request (path and query). */
  readonly cache: {
    readonly prefix: string;
    readonly key: string | null;
    readonly hit: boolean | null;
    /** Which cache was asked: two caches with different names share no answer. Null when none was. */
    readonly node: string | null;
    /** Seconds that the answer may be served from the cache; on the line of the request whose answer was stored, else null. */
    readonly ttl_s: number | null;
  };
  readonly status: number;
  /**
   * Error class `stage:kind[:code]`, or null when all went well. `client:*` is the client's doing; `headers:timeout` and
   * `headers:abandoned` (the client left after waiting) are answers that the color never gave.
   */
  readonly error: string | null;
  /** Set on writes: `accepted`, `frozen` (refused by the lease) or `late` (refused because the color is read-only). */
  readonly write: 'accepted' | 'frozen' | 'late' | null;
  /** Milliseconds from request start: first body byte, first usable text, end of body. */
  readonly latency_ms: { readonly tffb: number; readonly tusable: number; readonly tfinal: number };
  /** Present on requests of a cohort that a switch has moved: its color, as the core was told under the same name. */
  readonly 'x-exp'?: Color;
  /** Present and true when the router's config was older than its bound: the color is the one of record, not the weight's. */
  readonly doubt?: true;
  /** Present when the router answered by itself and no color had a part in it: such a line says nothing of either. */
  readonly by?: 'edge';
  /** Present on WebSockets, which write two lines; `tfinal` of the second is how long it was open. */
  readonly socket?: SocketPart;
}

/** A client that leaves sooner, ms, changed its mind; one that leaves later was not answered. */
const IMPATIENT_MS = 1000;

/** Error class of a request whose client left before the answer. @param waitedMs since the request began */
export function leftClass(waitedMs: number): 'client:closed' | 'headers:abandoned' {
  return waitedMs < IMPATIENT_MS ? 'client:closed' : 'headers:abandoned';
}
