/**
 * The headers between router, application and observer, in one place.
 *
 * Invariant: whatever a client sends under these names is dropped at the edge; only the router sets them.
 */

/** What the router tells the application and, in part, the client. */
export const H = {
  color: 'x-color',
  generation: 'x-cfg-gen',
  release: 'x-release',
  warm: 'x-warm',
  kind: 'x-cutover-kind',
  /** To the core, on requests of a cohort that a switch has moved: the color it was moved to. */
  exp: 'x-exp',
  reason: 'x-cutover-reason',
  cache: 'x-cutover-cache',
  /** On a cache entry: the color whose answer it is. */
  storedBy: 'x-cutover-stored-by',
  /** On a cache entry: the request headers that select the answer, which then lies elsewhere. */
  varies: 'x-cutover-varies',
  freezeUntil: 'x-cutover-freeze-until',
  /** `all`: the lease stops every write on this color; `enqueue`: only writes that enqueue a job. */
  freezeScope: 'x-cutover-freeze-scope',
  writes: 'x-cutover-writes',
  producer: 'x-cutover-producer',
  pin: 'x-cutover-pin',
  /** Set by a client that knows better than the route list: `write`, `enqueue` or `read`. */
  op: 'x-cutover-op',
  /** On a refusal: `late`, `frozen` or `shadow`. */
  write: 'x-cutover-write',
  error: 'x-cutover-error',
} as const;

/** What an application tells the router about one answer. */
export const O = {
  coldStart: 'x-cold-start',
  instance: 'x-instance-id',
  route: 'x-route',
  indexHash: 'x-index-hash',
  indexMetric: 'x-index-metric',
  indexAnalyzer: 'x-index-analyzer',
  indexEmbedModel: 'x-index-embed-model',
  indexReranker: 'x-index-reranker',
} as const;

const STRIPPED: ReadonlySet<string> = new Set([H.color, H.generation, H.release, H.warm, H.exp]);

/**
 * True for a header that a client may not set. Underscores count as dashes: servers that turn headers into variables
 * (CGI, WSGI, Rack) cannot tell the two apart.
 */
export function isReserved(name: string): boolean {
  const dashed = name.toLowerCase().replaceAll('_', '-');
  return STRIPPED.has(dashed) || dashed.startsWith('x-cutover-');
}
