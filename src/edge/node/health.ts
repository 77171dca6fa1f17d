/** Where balancers ask whether they may send requests here; needs no token and says one word. */
import { ADMIN_PREFIX } from '../contract.ts';
import type { Served } from '../served-config.ts';

export const HEALTH_PATH = `${ADMIN_PREFIX}healthz`;

export interface Health {
  readonly isGood: boolean;
  readonly word: 'ok' | 'draining' | 'no config';
}

/** A config in doubt still serves: only a router that knows none, or that is about to leave, is to be passed by. */
export function healthOf(served: Served, isLeaving: boolean): Health {
  if (isLeaving) return { isGood: false, word: 'draining' };
  const isKnown = served.config !== null || served.ageMs !== null;
  return isKnown ? { isGood: true, word: 'ok' } : { isGood: false, word: 'no config' };
}
