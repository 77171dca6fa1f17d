/**
 * Reads the edge config back from Workers KV with Cloudflare's official SDK.
 *
 * Invariant: read-only. KV is last-write-wins, so only the Durable Object may write there.
 */
import Cloudflare, { NotFoundError } from 'cloudflare';
import { ProviderError } from '../../domain/errors.ts';
import { sdkError } from './errors.ts';
import type { KvOptions } from './options.ts';

/** miniflare's local explorer answers Cloudflare's API shape at this path, without the account segment. */
const LOCAL_EXPLORER = '/cdn-cgi/explorer/api';

const KEY_NOT_FOUND = 10009;

export interface KvReader {
  /** @returns the generation KV carries, 0 when the key is absent. @throws ProviderError. */
  generation(service: string, signal?: AbortSignal): Promise<number>;
}

export function kvReader(options: KvOptions, timeoutMs: number): KvReader {
  const local = options.baseUrl?.includes(LOCAL_EXPLORER) === true;
  const client = new Cloudflare({
    apiToken: options.apiToken,
    // Retries belong to the workflow, which sees and records them.
    maxRetries: 0,
    timeout: timeoutMs,
    ...(options.baseUrl === undefined ? {} : { baseURL: options.baseUrl }),
    ...(local ? { fetch: withoutAccount } : {}),
  });
  return {
    async generation(service, signal) {
      const key = `cutover/${service}`;
      const where = { account_id: options.account, namespace_id: options.namespace };
      try {
        const answer = await client.kv.namespaces.values.get(
          key,
          where,
          signal === undefined ? {} : { signal },
        );
        const value = JSON.parse(await answer.text()) as { generation?: unknown };
        return Number(value.generation ?? 0);
      } catch (cause) {
        if (cause instanceof NotFoundError) {
          if (isNoKey(cause)) return 0;
          throw new ProviderError(
            'fatal',
            'cloudflare',
            `KV read of ${key}: ${cause.message}; check \`account\` and \`namespace\` of the edge in the plan`,
          );
        }
        signal?.throwIfAborted();
        throw sdkError(`KV read of ${key}`, cause);
      }
    },
  };
}

/** Cloudflare says 404 of a key, of a namespace and of an account alike; only the first is no mistake. */
function isNoKey({ errors }: NotFoundError): boolean {
  return errors.length === 0 || errors.some(({ code }) => code === KEY_NOT_FOUND);
}

function withoutAccount(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input);
  return fetch(url.replace(/\/accounts\/[^/]+/, ''), init);
}
