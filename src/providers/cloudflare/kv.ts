/**
 * Reads the edge config back from Workers KV through Cloudflare's API.
 *
 * Invariant: read-only. KV is last-write-wins, so only the Durable Object may write there.
 */
import { z } from 'zod';
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { call, joinUrl } from '../fetch.ts';
import type { KvOptions } from './options.ts';

const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';
/** miniflare's local explorer answers Cloudflare's API shape at this path, without the account segment. */
const LOCAL_EXPLORER = '/cdn-cgi/explorer/api';

const KEY_NOT_FOUND = 10009;

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.number().optional(), message: z.string().optional() })),
});

export interface KvReader {
  /** @returns the generation KV carries, 0 when the key is absent. @throws ProviderError. */
  generation(service: string, signal?: AbortSignal): Promise<number>;
}

export function kvReader(options: KvOptions, timeoutMs: number): KvReader {
  const base = options.baseUrl ?? CLOUDFLARE_API;
  const account = base.includes(LOCAL_EXPLORER) ? '' : `/accounts/${encodeURIComponent(options.account)}`;
  const values = `${account}/storage/kv/namespaces/${encodeURIComponent(options.namespace)}/values/`;
  return {
    async generation(service, signal) {
      const key = `cutover/${service}`;
      const what = `KV read of ${key}`;
      const { status, text } = await call({
        provider: 'cloudflare',
        url: joinUrl(base, values + encodeURIComponent(key)),
        label: `${what} at Cloudflare's API (CLOUDFLARE_BASE_URL in the environment of the worker, if set)`,
        headers: { authorization: `Bearer ${options.apiToken}` },
        signal,
        timeoutMs,
        accept: [401, 403, 404],
      });
      if (status === 404) {
        const errors = errorsOf(text);
        // Cloudflare says 404 of a key, of a namespace and of an account alike; only the first is no mistake.
        if (errors.length === 0 || errors.some(({ code }) => code === KEY_NOT_FOUND)) return 0;
        throw new ProviderError(
          'fatal',
          'cloudflare',
          `${what}: ${errors.map(({ message }) => message).join('; ')}; check \`account\` and \`namespace\` of the edge in the plan`,
        );
      }
      if (status !== 200) {
        throw new ProviderError(
          'fatal',
          'cloudflare',
          `${what}: HTTP ${status}${text === '' ? '' : ` ${excerpt(text)}`}; check CLOUDFLARE_API_TOKEN in the environment of the worker`,
        );
      }
      return generationIn(text, what);
    },
  };
}

function errorsOf(text: string): z.output<typeof errorsSchema>['errors'] {
  const parsed = errorsSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data.errors : [];
}

function generationIn(text: string, what: string): number {
  const value = jsonOf(text);
  if (typeof value === 'object' && value !== null) {
    return Number((value as { generation?: unknown }).generation ?? 0);
  }
  // A proxy's page, or half of a value: the next read may be whole.
  throw new ProviderError('retry', 'cloudflare', `${what}: the value is not JSON`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
