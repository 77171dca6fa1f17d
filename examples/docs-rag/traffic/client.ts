/**
 * One attempt of one operation over HTTP, as a browser would make it: headers in, body read to its end.
 *
 * Invariant: never throws; whatever happens comes back as facts. An answer counts only when it is whole: a
 * stream without its terminator, or JSON that does not parse, is an error at status 200 too.
 */
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { isColor } from '../../../src/domain/color.ts';
import { PIN_HEADER } from '../../../src/domain/pin.ts';
import type { BodyFacts, GotLine } from './ledger.ts';
import type { Planned } from './workload.ts';

const ATTEMPT_TIMEOUT_MS = 10_000;

export type Attempt = Omit<GotLine, 't' | 'op' | 'attempt' | 'final'> & { readonly retryAfterMs: number };

interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });

  send(planned: Planned): Promise<Attempt> {
    const startedMs = performance.now();
    const http = httpRequest(planned);
    const text = http.body === undefined ? null : JSON.stringify(http.body);
    return new Promise<Attempt>((resolve) => {
      const finish = (
        status: number,
        headers: IncomingHttpHeaders,
        body: string,
        error: string | null,
      ): void => {
        const ms = Math.round((performance.now() - startedMs) * 10) / 10;
        resolve(attemptOf({ status, headers, body, error, ms }));
      };
      const url = new URL(http.path, planned.entry.url);
      const req = request(
        url,
        {
          agent: this.#agent,
          method: http.method,
          timeout: ATTEMPT_TIMEOUT_MS,
          headers: {
            'x-user-id': planned.user,
            ...(planned.pin === null ? {} : { [PIN_HEADER]: planned.pin }),
            ...(text === null
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            ...http.headers,
          },
        },
        (res) => {
          const parts: Buffer[] = [];
          let failed: string | null = null;
          res.on('data', (part: Buffer) => parts.push(part));
          res.on('error', (error: NodeJS.ErrnoException) => {
            failed = `body:${error.code ?? error.message}`;
          });
          res.on('close', () => {
            const body = Buffer.concat(parts).toString('utf8');
            const cut = res.complete ? failed : (failed ?? 'body:truncated');
            finish(res.statusCode ?? 0, res.headers, body, cut);
          });
        },
      );
      req.on('timeout', () => req.destroy(new Error('timeout')));
      req.on('error', (error: NodeJS.ErrnoException) => finish(0, {}, '', error.code ?? error.message));
      req.end(text ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function httpRequest({ kind, user, payload }: Planned): HttpRequest {
  const { question, dialog, turn_key, id, revision, text } = payload;
  if (kind === 'get') return { method: 'GET', path: `/answer?q=${encodeURIComponent(question ?? '')}` };
  if (kind === 'note') return { method: 'POST', path: '/notes', body: { id, revision, text, user } };
  if (kind === 'job') return { method: 'POST', path: '/jobs', body: { source_id: id, revision } };
  return {
    method: 'POST',
    path: '/v1/answer',
    body: { question, seed: 1, dialog, turn_key, stream: kind === 'stream' },
    // A dialog's turn is a write, which the path alone does not tell the router.
    ...(kind === 'dialog' ? { headers: { 'x-cutover-op': 'write' } } : {}),
  };
}

function attemptOf(seen: {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  error: string | null;
  ms: number;
}): Attempt {
  const { status, headers, ms } = seen;
  const one = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const { facts, error } =
    seen.error === null ? factsOf(seen.body, one('content-type')) : { facts: {}, error: null };
  const color = one('x-color');
  const gen = one('x-cfg-gen');
  const retryAfter = Number(one('retry-after') ?? 0);
  return {
    at: Date.now(),
    ms,
    status,
    color: isColor(color) ? color : null,
    gen: gen === null ? null : Number(gen),
    write: one('x-cutover-write'),
    cache: one('x-cutover-cache'),
    error: seen.error ?? error,
    body: facts,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : 0,
  };
}

interface AnswerShape {
  readonly color?: string;
  readonly rendered_at?: string;
  readonly job_key?: string;
  readonly index?: { readonly INDEX_HASH?: string };
  readonly dialog?: { readonly turn?: number };
}

function factsOf(body: string, contentType: string | null): { facts: BodyFacts; error: string | null } {
  try {
    if (contentType?.startsWith('text/event-stream') !== true) {
      return { facts: facts(JSON.parse(body) as AnswerShape), error: null };
    }
    if (!body.trimEnd().endsWith('data: [DONE]')) return { facts: {}, error: 'body:truncated_stream' };
    if (body.includes('event: error\n')) return { facts: {}, error: 'body:error_event' };
    const final = body.split('\n').find((line) => line.startsWith('data: {"final"'));
    if (final === undefined) return { facts: {}, error: 'parse:sse' };
    return { facts: facts((JSON.parse(final.slice(6)) as { final: AnswerShape }).final), error: null };
  } catch {
    return { facts: {}, error: 'parse:json' };
  }
}

function facts(answer: AnswerShape): BodyFacts {
  const { color, rendered_at, job_key } = answer;
  return {
    ...(color === undefined ? {} : { color }),
    ...(rendered_at === undefined ? {} : { rendered_at }),
    ...(job_key === undefined ? {} : { job_key }),
    ...(answer.index?.INDEX_HASH === undefined ? {} : { INDEX_HASH: answer.index.INDEX_HASH }),
    ...(answer.dialog?.turn === undefined ? {} : { turn: answer.dialog.turn }),
  };
}
