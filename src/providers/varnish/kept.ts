/** Whether a node keeps what it answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../../domain/color.ts';
import type { VarnishNode } from './node.ts';

/** A node keeps an answer, or replaces a stale one, a moment after it gave it, ms. */
const SETTLED_MS = 1000;
const LOOK_MS = 25;

/** Asks as a user, at most twice, since one answer may fail. */
export async function isKept(
  node: VarnishNode,
  color: Color,
  key: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let asked = 1; asked <= 2; asked += 1) {
    if ((await node.fill(color, key, signal)) === null) continue;
    const untilMs = performance.now() + SETTLED_MS;
    do {
      if ((await node.lookUp(color, key, signal)).found === 'hit') return true;
      await sleep(LOOK_MS, undefined, { signal });
    } while (performance.now() < untilMs);
    return false;
  }
  return false;
}
