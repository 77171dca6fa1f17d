/**
 * Queries of the Prometheus HTTP API (Prometheus, Thanos, Mimir, VictoriaMetrics), at an instant or over a range.
 * Invariant: nothing is guessed: an empty vector is null, more than one series of a number is an error, and what the server said
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
const labels = z.record(z.string(), z.string());
const failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });
const warnings = z.array(z.string()).nullish();

const replySchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        // A histogram sample has no `value`: it is no number to compare.
        result: z.array(z.object({ metric: labels, value: sample.optional() })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.enum(['matrix', 'string']), result: z.unknown() }),
    ]),
    warnings,
  }),
  failure,
]);

/** Of a native histogram: who includes its ends, lower end, upper end, count. */
const nativeBucket = z.tuple([z.number(), z.string(), z.string(), z.string()]);
const nativeSample = z.tuple([z.number(), z.object({ buckets: z.array(nativeBucket).nullish() })]);
const rangeSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('matrix'),
      result: z.array(
        z.object({
          metric: labels,
          values: z.array(sample).nullish(),
          histograms: z.array(nativeSample).nullish(),
        }),
      ),
    }),
    warnings,
  }),
  failure,
]);

/** One series over a range: numbers, or native histograms, each with its instant in epoch s. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [atS: number, value: number])[];
  readonly histograms: readonly (readonly [
    atS: number,
    buckets: readonly { readonly lower: number; readonly upper: number; readonly count: number }[],
  ])[];
}

/** Statuses at which Prometheus explains itself in the body. */
const EXPLAINED = [400, 422];

/**
 * Evaluates `query` at an instant.
 * @throws ProviderError kind `fatal` when the query is refused or gives no single number, `retry` when there was no answer.
 */
export async function queryAt(target: QueryTarget, query: string, atMs: number): Promise<QueryResult> {
  const { address, reply } = await ask(
    target,
    '/api/v1/query',
    { query, time: String(atMs / 1000) },
    replySchema,
  );
  return { value: valueOf(reply.data, address), warnings: reply.warnings ?? [] };
}

/**
 * Evaluates `query` at instants that are `stepMs` apart, both ends included.
 * @throws ProviderError as {@link queryAt}
 */
export async function queryRange(
  target: QueryTarget,
  query: string,
  { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<{ readonly series: readonly RangeSeries[]; readonly warnings: readonly string[] }> {
  const { address, reply } = await ask(
    target,
    '/api/v1/query_range',
    {
      query,
      start: String(fromMs / 1000),
      end: String(toMs / 1000),
      step: String(stepMs / 1000),
    },
    rangeSchema,
  );
  const series = reply.data.result.map(({ metric, values, histograms }): RangeSeries => ({
    labels: metric,
    values: (values ?? []).map(([atS, text]) => [atS, numberOf(text, address)]),
    histograms: (histograms ?? []).map(([atS, { buckets }]) => [
      atS,
      (buckets ?? []).map(([, lower, upper, count]) => ({
        lower: numberOf(lower, address),
        upper: numberOf(upper, address),
        count: numberOf(count, address),
      })),
    ]),
  }));
  return { series, warnings: reply.warnings ?? [] };
}

type Replied<T> = Extract<T, { readonly status: 'success' }>;

/** @throws ProviderError when there is no answer, or another one than `schema` says */
async function ask<T extends z.output<typeof failure> | { readonly status: 'success' }>(
  target: QueryTarget,
  path: string,
  params: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): Promise<{ readonly address: string; readonly reply: Replied<T> }> {
  const { url, headers, timeoutMs, signal } = target;
  const address = joinUrl(url, path);
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
        body: new URLSearchParams({ ...params, timeout: `${timeoutMs}ms` }).toString(),
        signal,
        timeoutMs,
        accept: EXPLAINED,
      }),
    target,
  );
  const reply = parse(answer.text, address, schema);
  if (reply.status === 'error') throw fault(address, `${reply.errorType}: ${reply.error}`);
  if (EXPLAINED.includes(answer.status)) throw fault(address, `answered ${answer.status} without an error`);
  return { address, reply: reply as Replied<T> };
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

function parse<T>(text: string, address: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fault(address, 'the answer is not JSON: is this a Prometheus?');
  }
  const parsed = schema.safeParse(json);
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
