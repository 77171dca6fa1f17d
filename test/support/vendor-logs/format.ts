/** A vendor's log as the vendor documents it, written from the requests that the edge logged. It shares no code with the readers. */
import type { RequestLine } from '../../../src/domain/request-line.ts';

export interface VendorFormat {
  /** `format` of a plan. */
  readonly format: string;
  /** Files of the log, in its folder. */
  readonly glob: string;
  /** A batch of requests as it is delivered. */
  batch(lines: readonly RequestLine[]): string;
  /** Which file a batch becomes; packed and written at once, or appended to the file that stands. */
  readonly file: (batch: Batch) => { readonly name: string; readonly isPacked: boolean };
  /** What is left of a request in this log; null where it is in none. */
  told(line: RequestLine): RequestLine | null;
}

export interface Batch {
  /** Number of the batch, from 0. */
  readonly index: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export const NO_CACHE: RequestLine['cache'] = { prefix: '', key: null, hit: null, node: null, ttl_s: null };

/** What no access log of a vendor has: what the router alone knows of its answer. */
export function withoutRouter(line: RequestLine): RequestLine {
  const { doubt: _, ...rest } = line;
  return {
    ...rest,
    INDEX_HASH: null,
    retrieval: null,
    cache: NO_CACHE,
    write: null,
    latency_ms: { tfinal: line.latency_ms.tfinal } as RequestLine['latency_ms'],
  };
}

/** Each user comes from an address of its own. */
export function addressOf(user: string | null): string {
  const bytes = Buffer.from((user ?? '').slice(0, 6).padStart(6, '0'), 'hex');
  return `10.${Array.from(bytes).join('.')}`;
}

/** How a worker's requests name themselves; browsers do otherwise. */
export function agentOf({ kind }: RequestLine): string {
  return kind === 'user' ? 'Mozilla/5.0 (X11; Linux x86_64)' : `cutover/${kind}`;
}

/** Path and query as the client sent them, as far as the edge logged them. */
export function pathOf({ cache, route }: RequestLine): string {
  return cache.key ?? (route.startsWith('/') ? route : `/${route}`);
}

/** `20260302T100000Z`. */
export function compact(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
