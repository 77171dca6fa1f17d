/**
 * Any embedder that speaks OpenAI's `POST {base}/v1/embeddings` (OpenAI, vLLM, TEI, Ollama, LiteLLM, LM Studio).
 *
 * Invariant: the key comes from the environment only and never enters an error, an id or a log.
 */
import { z } from 'zod';
import { UserError } from '../../domain/errors.ts';
import { pauseMs, retryAfterMs } from '../../domain/retry-after.ts';
import type { Embedder, EmbedRole } from './embedder.ts';
import { EmbedderError, unitVector } from './embedder.ts';
import { openAi } from './manifests.ts';

const { options: schema } = openAi.ports.embedder;

export type OpenAiOptions = z.input<typeof schema>;

const answerSchema = z.object({
  data: z.array(
    z.object({ index: z.number().int().min(0), embedding: z.union([z.string(), z.array(z.number())]) }),
  ),
});

/** Words of a window: 0.75 of the model's tokens, and not so long that one window hides many topics. */
const MAX_WINDOW = 120;

/** base64 of little-endian float32. */
function decode(embedding: string | number[]): ArrayLike<number> {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  const out = new Float32Array(Math.floor(bytes.length / 4));
  for (let i = 0; i < out.length; i += 1) out[i] = bytes.readFloatLE(i * 4);
  return out;
}

/** Exponential with jitter, or as the service asks. */
function backoffMs(header: string | null, attempt: number): number {
  const ownMs = Math.min(250 * 2 ** attempt, 8_000) * (0.5 + Math.random());
  return pauseMs(retryAfterMs(header, Date.now()), ownMs);
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * @param env the worker's environment; `OPENAI_API_KEY` is the only thing read from it, and may be absent for a local server.
 * @throws UserError on options that do not fit.
 */
export function createOpenAi(
  options: OpenAiOptions,
  env: Readonly<Record<string, string | undefined>>,
): Embedder {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new UserError(`probes.embedder: ${z.prettifyError(parsed.error)}`);
  const settings = parsed.data;
  const { model, dimensions: dim } = settings;
  const base = settings.baseUrl.replace(/\/+$/u, '').replace(/\/v1$/u, '');
  const prefixes =
    settings.queryPrefix + settings.passagePrefix === ''
      ? ''
      : `/${settings.queryPrefix}|${settings.passagePrefix}`;
  const id = `openai:${model}/${dim}${prefixes}`;
  const key = env['OPENAI_API_KEY'];

  async function post(input: readonly string[], signal: AbortSignal | undefined): Promise<Response | Error> {
    const control = new AbortController();
    const forward = (): void => control.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    const timer = setTimeout(() => control.abort(new Error('timeout')), settings.timeoutMs);
    try {
      const response = await fetch(`${base}/v1/embeddings`, {
        method: 'POST',
        redirect: 'error',
        headers: {
          'content-type': 'application/json',
          ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
        },
        body: JSON.stringify({
          model,
          input,
          encoding_format: settings.encoding,
          ...(settings.sendDimensions ? { dimensions: dim } : {}),
        }),
        signal: control.signal,
      });
      // Read here, under the same timer.
      return new Response(await response.arrayBuffer(), {
        status: response.status,
        headers: response.headers,
      });
    } catch (error) {
      signal?.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', forward);
    }
  }

  async function batch(input: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    let last: unknown;
    for (let attempt = 0; attempt < settings.attempts; attempt += 1) {
      signal?.throwIfAborted();
      const response = await post(input, signal);
      if (response instanceof Response && response.ok) return vectors(await response.text(), input.length);
      const status = response instanceof Response ? response.status : null;
      last = status === null ? response : new Error(`HTTP ${status}`);
      if (status !== null && status !== 429 && status !== 408 && status < 500) {
        throw new EmbedderError(`${id}: HTTP ${status}`, { retryable: false });
      }
      const header = response instanceof Response ? response.headers.get('retry-after') : null;
      if (attempt + 1 < settings.attempts) await wait(backoffMs(header, attempt), signal);
    }
    throw new EmbedderError(`${id}: not reachable in ${settings.attempts} attempts`, {
      retryable: true,
      cause: last,
    });
  }

  function vectors(text: string, count: number): Float32Array[] {
    let found;
    try {
      found = answerSchema.parse(JSON.parse(text)).data;
    } catch (cause) {
      throw new EmbedderError(`${id}: the answer is not a list of embeddings`, { retryable: false, cause });
    }
    // Some servers answer out of order.
    const sorted = found.toSorted((a, b) => a.index - b.index);
    if (sorted.length !== count || sorted.some((item, i) => item.index !== i)) {
      throw new EmbedderError(`${id}: ${sorted.length} embeddings for ${count} texts`, { retryable: false });
    }
    return sorted.map((item) => unitVector(decode(item.embedding), dim, id));
  }

  return {
    id,
    dim,
    maxTokens: settings.maxTokens,
    windowWords: Math.min(MAX_WINDOW, Math.floor(settings.maxTokens * 0.75 * 0.75)),
    embed: async (texts: readonly string[], role: EmbedRole, signal?: AbortSignal) => {
      const prefix = role === 'query' ? settings.queryPrefix : settings.passagePrefix;
      const out: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += settings.batch) {
        const part = texts.slice(from, from + settings.batch).map((text) => prefix + text);
        out.push(...(await batch(part, signal)));
      }
      return out;
    },
    close: async () => {},
  };
}
