/** Asks a color what it is, so that nobody has to type it. */
import type { Color } from '../domain/color.ts';
import { ProviderError } from '../domain/errors.ts';
import type { HealthContract } from '../domain/health.ts';
import { call, joinUrl, showUrl } from '../providers/fetch.ts';
import { parseHealth } from '../providers/http/health.ts';

const HEALTH_MS = 5000;

export type ColorSaid =
  | { readonly health: HealthContract; readonly why: null }
  /** Why it has said nothing, in one line. */
  | { readonly health: null; readonly why: string };

/** One request; never throws for what the color does. */
export async function askColor(color: Color, url: string, signal: AbortSignal): Promise<ColorSaid> {
  const address = joinUrl(url, '/.well-known/cutover');
  try {
    const { text } = await call({
      provider: color,
      url: address,
      signal,
      timeoutMs: HEALTH_MS,
      accept: [503],
    });
    const health = parseHealth(text, showUrl(address));
    return health.color === color
      ? { health, why: null }
      : { health: null, why: `${showUrl(address)} says that it is ${health.color}` };
  } catch (error) {
    if (error instanceof ProviderError) return { health: null, why: error.message };
    throw error;
  }
}
