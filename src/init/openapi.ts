/**
 * Which routes a service says that it has, where none of the usual ones answers: FastAPI and others describe themselves.
 * Invariant: a hint for a person. No route of it is ever asked, as one that takes a POST may write.
 */
import { isRecord } from '../domain/is-record.ts';
import { call, joinUrl } from '../providers/fetch.ts';

const WAIT_MS = 10_000;
const MOST = 5;

/** Paths that take a POST, the ones that sound like questions first; none where the service does not say. */
export async function postRoutes(url: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const { text } = await call({
      provider: 'init',
      url: joinUrl(url, '/openapi.json'),
      headers: { accept: 'application/json' },
      signal,
      timeoutMs: WAIT_MS,
    });
    const document: unknown = JSON.parse(text);
    const paths = isRecord(document) && isRecord(document['paths']) ? document['paths'] : {};
    return Object.entries(paths)
      .filter(([path, verbs]) => /^\/[\w./-]{0,100}$/.test(path) && isRecord(verbs) && 'post' in verbs)
      .map(([path]) => path)
      .sort((a, b) => Number(ASKS.test(b)) - Number(ASKS.test(a)))
      .slice(0, MOST);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}

const ASKS = /ask|answer|query|question|chat|search|retrieve|rag|complet/i;
