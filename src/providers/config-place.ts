/**
 * A place that holds the edge config of one service as text, in a store that compares and sets by itself.
 *
 * Invariants: what cannot be taken for a config is told to a person and never written over; nothing is sent that nobody could read again;
 * the document is sent in two parts where the store dates the lease between them by its own clock.
 */
import type { EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import { MAX_CONFIG_BYTES, parseEdgeConfig } from '../edge/parse-config.ts';

/** As the router's store has it. */
const LONGEST_FREEZE_MS = 24 * 3_600_000;
const LEASE_BYTES = 20;

export class ConfigPlace {
  /** As messages name it. */
  readonly name: string;
  readonly #provider: string;
  readonly #way: string;

  /** @param way out where somebody else's document stands there, as the end of a sentence */
  constructor(provider: string, name: string, way: string) {
    this.#provider = provider;
    this.name = name;
    this.#way = way;
  }

  /** @throws ProviderError kind `human` where the text is no config. */
  config(text: string): EdgeConfig {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.notOurs('is not JSON');
    }
    const config = parseEdgeConfig(value);
    if (typeof config === 'string') throw this.notOurs(config);
    return config;
  }

  /** The document before and after the lease that the store dates; whole in the first where there is none. */
  document(next: EdgeConfig, freezeForMs: number | undefined): readonly [string, string] {
    const whole = JSON.stringify(next);
    const problem = problemOf(next, freezeForMs, whole);
    if (problem !== null)
      throw new ProviderError('fatal', this.#provider, `${this.name}: not written: ${problem}`);
    if (freezeForMs === undefined) return [whole, ''];
    const { freezeUntilMs: _, ...others } = next;
    return [`${JSON.stringify(others).slice(0, -1)},"freezeUntilMs":`, '}'];
  }

  notOurs(why: string): ProviderError {
    return new ProviderError(
      'human',
      this.#provider,
      `${this.name}: what stands there is not ours: ${why}; ${this.#way}`,
    );
  }

  /** Another writer was first. */
  lost(generation: number, stored: EdgeConfig | null): ProviderError {
    return new ProviderError(
      'reread',
      this.#provider,
      `generation ${generation} lost: ${this.name} is at ${stored?.generation ?? 0}, written by ${stored?.writer ?? 'nobody'}`,
    );
  }

  /** The write stands there, and yet it may not be called done. */
  storedBut(generation: number, cause: ProviderError): ProviderError {
    return new ProviderError(
      cause.kind,
      this.#provider,
      `${this.name}: generation ${generation} is stored, but ${cause.message}`,
    );
  }
}

/** A store would keep it as it is, and nobody could read it again. */
function problemOf(next: EdgeConfig, freezeForMs: number | undefined, whole: string): string | null {
  const parsed = parseEdgeConfig(next);
  if (typeof parsed === 'string') return parsed;
  // The lease that the store writes may be longer than the one that stands here.
  if (Buffer.byteLength(whole) > MAX_CONFIG_BYTES - LEASE_BYTES) return `more than ${MAX_CONFIG_BYTES} bytes`;
  const isLease = freezeForMs === undefined || (freezeForMs > 0 && freezeForMs <= LONGEST_FREEZE_MS);
  return isLease ? null : `a freeze must be above 0 and at most ${LONGEST_FREEZE_MS} ms`;
}
