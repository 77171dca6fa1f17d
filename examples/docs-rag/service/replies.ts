/**
 * How an answer leaves: identity headers, JSON or server-sent events, at the pace of a model.
 *
 * Invariant: an answer says on its own (body and headers) which color, index and instance made it.
 */
import type { ServerResponse } from 'node:http';
import type { AnswerIdentity } from '../../../src/domain/identity.ts';
import { ORIGIN_HEADERS as O } from '../../../src/edge/index.ts';
import { sleep } from '../shared/http.ts';
import { bodyFactor, cutsBody, failsInStream, fnv } from './faults.ts';
import type { FaultName } from './faults.ts';

/** Low-cardinality names for telemetry. */
export type RouteName =
  | 'answer'
  | 'answer.get'
  | 'retrieve'
  | 'note.write'
  | 'note.read'
  | 'job.write'
  | 'health'
  | 'admin'
  | 'warm'
  | 'other';

export function originHeaders(
  identity: AnswerIdentity,
  route: RouteName,
  slot: { instanceId: string; cold: boolean } | null,
): Record<string, string> {
  return {
    [O.route]: route,
    [O.indexHash]: identity.INDEX_HASH,
    [O.indexMetric]: identity.metric,
    [O.indexAnalyzer]: identity.analyzer,
    [O.indexEmbedModel]: identity.embedModel,
    [O.indexReranker]: identity.reranker,
    ...(slot === null ? {} : { [O.instance]: slot.instanceId, [O.coldStart]: slot.cold ? '1' : '0' }),
  };
}

export interface Pace {
  readonly firstMs: number;
  readonly pieceMs: number;
}

const PIECES = 5;

/** 20 to 45 ms in all, the same for the same question and seed give or take a few ms. */
export function paceOf(question: string, seed: number, factor: number): Pace {
  const h = fnv(`${question}\0${seed}`);
  return {
    firstMs: factor * (12 + (h % 13) + 5 * Math.random()),
    pieceMs: factor * (1.5 + ((h >> 8) % 3)),
  };
}

/** Sends the body as JSON after the time the model takes. */
export async function sendAnswer(
  res: ServerResponse,
  body: Record<string, unknown>,
  headers: Record<string, string>,
  options: { pace: Pace; fault: FaultName },
): Promise<void> {
  const { pace, fault } = options;
  const text = JSON.stringify(body);
  const cut = cutsBody(fault);
  await sleep(pace.firstMs);
  res.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    ...(cut ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...headers,
  });
  res.flushHeaders();
  const rest = pace.pieceMs * PIECES;
  await sleep(rest + (bodyFactor(fault) - 1) * (rest + pace.firstMs));
  if (cut) return cutOff(res, text.slice(0, text.length >> 1));
  res.end(text);
}

/** As a model's server sends it when it fails with the status long gone. */
const STREAM_ERROR = `event: error\ndata: ${JSON.stringify({ error: { type: 'server_error', code: 'upstream_failed' } })}\n\n`;

/** Sends the answer's words as they "come", then the whole answer, then the terminator. */
export async function streamAnswer(
  res: ServerResponse,
  body: Record<string, unknown> & { answer: string },
  headers: Record<string, string>,
  options: { pace: Pace; fault: FaultName; question: string },
): Promise<void> {
  const { pace, fault } = options;
  await sleep(pace.firstMs);
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...headers });
  const cut = cutsBody(fault);
  const fails = failsInStream(fault, options.question);
  const factor = bodyFactor(fault);
  const slowMs = ((factor - 1) * (pace.firstMs + pace.pieceMs * PIECES)) / PIECES;
  for (const delta of pieces(body.answer)) {
    res.write(`data: ${JSON.stringify({ delta })}\n\n`);
    await sleep(pace.pieceMs + slowMs);
    if (cut) return cutOff(res, 'data: {"delta": "');
    if (fails) return void res.end(`${STREAM_ERROR}data: [DONE]\n\n`);
  }
  res.end(`data: ${JSON.stringify({ final: body })}\n\ndata: [DONE]\n\n`);
}

function pieces(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / PIECES));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

/** A chunked body without its terminator, as when a function is killed in mid-answer. */
function cutOff(res: ServerResponse, part: string): void {
  res.write(part, () => res.destroy());
}
