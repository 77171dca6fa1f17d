/** Request lines for tests: one plain, healthy answer with whatever differs written over it. */
import type { RequestLine } from '../domain/request-line.ts';

const PLAIN: RequestLine = {
  ts: '2026-03-02T10:00:00.000Z',
  service: 'docs',
  route: 'answer',
  method: 'GET',
  kind: 'user',
  color: 'blue',
  reason: 'bucket',
  bucket: 77_000,
  user: 'a1b2c3d4',
  region: 'eu',
  edge_pop: 'cdg1',
  cfg_gen: 3,
  release: 'r1',
  instance: 'i1',
  cold: false,
  INDEX_HASH: 'h1',
  retrieval: { metric: 'cosine', analyzer: 'std', embed_model: 'm1', reranker: 'none' },
  cache: {
    prefix: 'docs:blue:1',
    key: '/answer?q=1',
    hit: false,
    node: 'eu/cdg1',
    ttl_s: null,
  },
  status: 200,
  error: null,
  write: null,
  latency_ms: { tffb: 10, tusable: 15, tfinal: 20 },
};

export function requestLine(over: Partial<RequestLine> = {}): RequestLine {
  return { ...PLAIN, ...over };
}

export function ndjson(lines: readonly RequestLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
