/**
 * What Cloudflare lets hold at most, for the provider and for whoever checks a plan without opening one.
 */

/**
 * Longest time for a write to reach every router, ms: the router reads KV with KV's least cache time, 30 s, and KV's own fan-out
 * and the router's polls come on top.
 */
export const DEFAULT_PROPAGATION_MS = 60_000;
