/** How a vendor's ports are put together, with what they say of themselves. */
import type { Manifest } from './manifest.ts';
import type { Factory, PortName } from './provider.ts';

/** Makes ports from a plan's provider references. */
export type Provider = {
  readonly name: string;
  /**
   * Of a module of the user's own: what the plan's check, `doctor` and the worker read of it, as of a built-in provider. Left out:
   * its options are checked by its factories alone.
   */
  readonly manifest?: Manifest;
} & { readonly [P in PortName]?: Factory<P> };

export function defineProvider(provider: Provider): Provider {
  return provider;
}
