/** RouterPort over our own router, whatever it runs on: each entry is asked what it serves. */
import { parseServed, ROUTES } from '../../edge/contract.ts';
import type { RegionObservation, RouterPort } from '../../ports/index.ts';
import { callRouter } from './client.ts';
import type { RouterOptions } from './options.ts';

export function ourRouter(options: RouterOptions): RouterPort {
  return {
    capabilities: {
      topologies: ['weight', 'header'],
      isSticky: true,
      propagation: { maxMs: options.propagationMs },
    },
    observe: async (signal) =>
      await Promise.all(options.entry.map((entry) => observeRegion(options, entry, signal))),
  };
}

async function observeRegion(
  options: RouterOptions,
  { region, url }: RouterOptions['entry'][number],
  signal: AbortSignal | undefined,
): Promise<RegionObservation> {
  try {
    const { body } = await callRouter(options, { method: 'GET', base: url, route: ROUTES.config, signal });
    const { doubt, ...served } = parseServed(body);
    return {
      region,
      ...served,
      error: doubt ? 'the router of this region cannot confirm its config' : null,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    const error = cause instanceof Error ? cause.message : String(cause);
    return { region, generation: null, weightPercent: null, error };
  }
}
