/**
 * One instant query of the Prometheus HTTP API (Prometheus, Thanos, Mimir, VictoriaMetrics).
 * Invariant: nothing is guessed: an empty vector is null, more than one series is an error, and what the server said
 * about a query that it refused is passed on.
 */
import { z } from 'zod';
import { ProviderError } from '../../domain/errors.ts';
import { call, joinUrl, showUrl } from '../fetch.ts';
import { tries, type TryOptions } from '../tries.ts';

export interface QueryTarget extends TryOptions {
  /** Base address, without `/api/v1`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface QueryResult {
  /** Null: no data. May be NaN or infinite, as PromQL gives them. */
  readonly value: number | null;
  readonly warnings: readonly string[];
}

const sample = z.tuple([z.number(), z.string().max(100)]);
const replySchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        // A histogram sample has no `value`: it is no number to compare.
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample.optional() })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.enum(['matrix', 'string']), result: z.unknown() }),
    ]),
    warnings: z.array(z.string()).nullish(),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** Statuses at which Prometheus explains itself in the body. */
const EXPLAINED = [400, 422];

/**
 * Evaluates `query` at an instant.
 * @throws ProviderError kind `fatal` when the query is refused or gives no single number, `retry` when there was no answer.
 */
export async function queryAt(target: QueryTarget, query: string, atMs: number): Promise<QueryResult> {
  const { url, headers, timeoutMs, signal } = target;
  const address = joinUrl(url, '/api/v1/query');
  const answer = await tries(
    () =>
      call({
        provider: 'prometheus',
        url: address,
        // By POST: a query may be longer than a URL may be.
        method: 'POST',
        headers: {
          accept: 'application/json',
          ...headers,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          query,
          time: String(atMs / 1000),
          timeout: `${timeoutMs}ms`,
        }).toString(),
        signal,
        timeoutMs,
        accept: EXPLAINED,
      }),
    target,
  );
  const reply = parse(answer.text, address);
  if (reply.status === 'error') throw fault(address, `${reply.errorType}: ${reply.error}`);
  if (EXPLAINED.includes(answer.status)) throw fault(address, `answered ${answer.status} without an error`);
  return { value: valueOf(reply.data, address), warnings: reply.warnings ?? [] };
}

type Success = Extract<z.output<typeof replySchema>, { status: 'success' }>;

function valueOf(data: Success['data'], address: string): number | null {
  if (data.resultType === 'scalar') return numberOf(data.result[1], address);
  if (data.resultType !== 'vector') {
    throw fault(address, `the query gives a ${data.resultType}; a gate needs one number`);
  }
  const [first, ...others] = data.result;
  if (first === undefined) return null;
  if (others.length > 0) {
    throw fault(
      address,
      `the query gives ${data.result.length} series; aggregate it to one, e.g. with sum(…)`,
    );
  }
  if (first.value === undefined) throw fault(address, 'the query gives a histogram; a gate needs one number');
  return numberOf(first.value[1], address);
}

/** As Prometheus writes numbers: `NaN`, `+Inf`, `-Inf` or decimal. */
function numberOf(text: string, address: string): number {
  if (text === 'NaN') return Number.NaN;
  const infinite = /^([+-]?)Inf$/.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw fault(address, 'a sample is not a number');
  return value;
}

function parse(text: string, address: string): z.output<typeof replySchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fault(address, 'the answer is not JSON: is this a Prometheus?');
  }
  const parsed = replySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(
    address,
    `not an answer of the Prometheus API: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}

function fault(address: string, message: string): ProviderError {
  return new ProviderError('fatal', 'prometheus', `${showUrl(address)}: ${message}`);
}
