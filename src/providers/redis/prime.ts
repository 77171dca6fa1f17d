/** Priming a cache that an application fills itself: it is asked past the edge, and the cache is looked at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../../domain/errors.ts';
import { AGENT } from '../../domain/pin.ts';
import { eachOf } from '../each-of.ts';
import { ANY_STATUS, call, joinUrl } from '../fetch.ts';

const CONCURRENCY = 8;
/** An app may keep what it answered a moment later, ms. */
const SETTLED_MS = 1000;
const LOOK_MS = 25;

export interface PrimedBy {
  /** Address of the color, past the edge: its requests are no users' there. */
  readonly base: string;
  /** Longest time of one answer, ms. */
  readonly answerMs: number;
  /** How long the app may still fill what a purge has left, ms. */
  readonly lateMs: number;
  readonly isCached: (key: string) => Promise<boolean>;
  readonly signal: AbortSignal | undefined;
}

/** A key that fails is counted, never thrown; each is asked for twice at most. */
export async function primeByApp(
  keys: readonly string[],
  by: PrimedBy,
): Promise<{ primed: number; failed: number }> {
  const lateUntilMs = Date.now() + by.lateMs;
  let primed = 0;
  await eachOf(keys, CONCURRENCY, async (key) => {
    if ((await isFilled(key, by)) || (await isFilledLater(key, by, lateUntilMs))) primed += 1;
  });
  return { primed, failed: keys.length - primed };
}

async function isFilledLater(key: string, by: PrimedBy, lateUntilMs: number): Promise<boolean> {
  await sleep(Math.max(0, lateUntilMs - Date.now()), undefined, { signal: by.signal });
  return isFilled(key, by);
}

async function isFilled(key: string, { base, answerMs, isCached, signal }: PrimedBy): Promise<boolean> {
  try {
    const headers = { 'user-agent': `${AGENT}prime` };
    const url = joinUrl(base, key);
    await call({ provider: 'redis', url, headers, signal, timeoutMs: answerMs, accept: ANY_STATUS });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ProviderError) return false;
    throw cause;
  }
  const untilMs = Date.now() + SETTLED_MS;
  while (!(await isCached(key))) {
    if (Date.now() > untilMs) return false;
    await sleep(LOOK_MS, undefined, { signal });
  }
  return true;
}
