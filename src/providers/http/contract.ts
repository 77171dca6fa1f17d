/** Asks one address for its health contract. */
import type { HealthContract } from '../../domain/health.ts';
import { call, joinUrl, showUrl } from '../fetch.ts';
import { parseHealth } from './health.ts';

export const WELL_KNOWN = '/.well-known/cutover';

/** Statuses of a color without a retire route: it is taken down by a person. */
export const NO_RETIRE_ROUTE: readonly number[] = [404, 405, 501];

/** @throws ProviderError when nothing answers, or something that is no health contract; AbortError when `signal` fired. */
export async function askContract(
  url: string,
  { signal, timeoutMs }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
): Promise<HealthContract> {
  const address = joinUrl(url, WELL_KNOWN);
  // A sick instance may answer 503 with its contract (`ok: false`): that is an answer, not a failure.
  const { text } = await call({
    provider: 'http',
    url: address,
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    accept: [503],
  });
  return parseHealth(text, showUrl(address));
}
