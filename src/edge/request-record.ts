/** Builds the request line of one request from what the router saw. Pure. */
import type { Decision } from '../domain/bucket.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { RequestKind, RequestLine, SocketPart } from '../domain/request-line.ts';
import { H, O } from './headers.ts';
import type { BodyReport } from './observed-body.ts';

export interface Place {
  readonly service: string;
  readonly region: string;
  readonly pop: string;
}

/** What is known of a request before its answer. */
export interface Passage {
  readonly id: string;
  readonly place: Place;
  readonly method: string;
  readonly path: string;
  readonly kind: RequestKind;
  readonly decision: Decision;
  readonly config: EdgeConfig | null;
  readonly startedAt: Date;
  /** Monotonic clock at the start. */
  readonly startMs: number;
  readonly cache: RequestLine['cache'];
  readonly doubt: boolean;
}

export interface Outcome {
  readonly status: number;
  /** Headers of the origin's answer (or of the cached one); null when there was none. */
  readonly headers: Headers | null;
  /** Error class that was known before the body, or null. */
  readonly error: string | null;
  readonly write: RequestLine['write'];
  readonly body: Pick<BodyReport, 'firstByteMs' | 'usableMs' | 'endMs' | 'error'>;
  /** True when the router answered by itself and no color had a part in it. */
  readonly byEdge?: boolean;
  readonly socket?: SocketPart;
}

/** @param user hash of the sticky key; null without one. */
export function requestLine(passage: Passage, outcome: Outcome, user: string | null): RequestLine {
  const { config, decision, place, startMs } = passage;
  const headers = outcome.headers;
  const indexHash = headers?.get(O.indexHash) ?? null;
  const final = outcome.body.endMs - startMs;
  return {
    ts: passage.startedAt.toISOString(),
    id: passage.id,
    service: place.service,
    route: headers?.get(O.route) ?? passage.path,
    method: passage.method,
    kind: passage.kind,
    color: decision.color,
    reason: decision.reason,
    bucket: decision.bucket,
    user,
    user_by: user === null ? 'none' : 'key',
    region: place.region,
    edge_pop: place.pop,
    cfg_gen: config?.generation ?? 0,
    release: config?.releases[decision.color] ?? '',
    instance: headers?.get(O.instance) ?? null,
    cold: headers?.get(O.coldStart) === '1' || headers?.get(O.coldStart) === 'true',
    INDEX_HASH: indexHash,
    retrieval:
      headers === null || indexHash === null
        ? null
        : {
            metric: headers.get(O.indexMetric) ?? '',
            analyzer: headers.get(O.indexAnalyzer) ?? '',
            embed_model: headers.get(O.indexEmbedModel) ?? '',
            reranker: headers.get(O.indexReranker) ?? '',
          },
    cache: passage.cache,
    status: outcome.status,
    error: outcome.error ?? outcome.body.error,
    write: outcome.write,
    latency_ms: {
      tffb: since(startMs, outcome.body.firstByteMs, final),
      tusable: since(startMs, outcome.body.usableMs, final),
      tfinal: round(final),
    },
    ...(decision.reason === 'cohort' ? { [H.exp]: decision.color } : {}),
    ...(passage.doubt ? { doubt: true } : {}),
    ...(outcome.byEdge === true ? { by: 'edge' } : {}),
    ...(outcome.socket === undefined ? {} : { socket: outcome.socket }),
  };
}

/** A body that never came to a point is timed by its end; its error says the rest. */
function since(startMs: number, atMs: number | null, finalMs: number): number {
  return round(atMs === null ? finalMs : atMs - startMs);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
