/**
 * One Varnish: asked as the router asks it, looked into, and told to purge.
 * Invariant: a look-up fetches nothing; that a node was told is never taken for its effect.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import { AGENT } from '../../domain/pin.ts';
import { ANY_STATUS, call, joinUrl, type Answer } from '../fetch.ts';

/** The headers between us and the part of VCL that varnish.md has. */
const LOOKUP = 'x-cutover-lookup';
const FOUND = 'x-cutover-cache';
const TAGS = 'x-cutover-tags';

export interface NodeOptions {
  readonly by: 'xkey' | 'ban';
  readonly soft: boolean;
  readonly colorHeader: string;
  readonly host: string;
  readonly answerMs: number;
  readonly timeoutMs: number;
}

export interface LookedUp {
  readonly found: 'hit' | 'stale' | 'miss';
  readonly tags: readonly string[];
}

export class VarnishNode {
  readonly where: string;
  readonly #options: NodeOptions;

  constructor(where: string, options: NodeOptions) {
    this.where = where;
    this.#options = options;
  }

  /**
   * @returns what a user of the color would be given now
   * @throws ProviderError `fatal` where the node answers no look-ups
   */
  async lookUp(color: Color, key: string, signal: AbortSignal | undefined): Promise<LookedUp> {
    const { headers } = await this.#ask(color, key, { signal, headers: { [LOOKUP]: '1' } });
    const found = headers.get(FOUND);
    if (found !== 'hit' && found !== 'stale' && found !== 'miss') {
      throw this.refused(
        'fatal',
        'it answers no look-ups: its VCL lacks the part of varnish.md, or its acl this worker',
      );
    }
    return { found, tags: (headers.get(TAGS) ?? '').split(/[\s,]+/).filter((tag) => tag !== '') };
  }

  /** Asks as a user of the color. @returns null when that failed */
  async fill(color: Color, key: string, signal: AbortSignal | undefined): Promise<Answer | null> {
    try {
      const answer = await this.#ask(color, key, { signal, headers: { 'user-agent': `${AGENT}prime` } });
      return answer.status < 400 ? answer : null;
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof ProviderError) return null;
      throw cause;
    }
  }

  async purge(tag: string, signal: AbortSignal | undefined): Promise<void> {
    const { by, soft, timeoutMs } = this.#options;
    const header = by === 'ban' ? 'x-cutover-ban' : soft ? 'xkey-softpurge' : 'xkey-purge';
    const { status } = await call({
      provider: 'varnish',
      url: joinUrl(this.where, '/'),
      method: by === 'ban' ? 'BAN' : 'PURGE',
      headers: { [header]: tag },
      signal,
      timeoutMs,
      accept: [403, 405],
    });
    if (status >= 400)
      throw this.refused('fatal', `it takes no purge from this worker (${status}): mend its acl`);
  }

  refused(kind: ProviderError['kind'], why: string): ProviderError {
    return new ProviderError(kind, 'varnish', `${this.where}: ${why}`);
  }

  #ask(
    color: Color,
    key: string,
    { signal, headers }: { signal: AbortSignal | undefined; headers: Readonly<Record<string, string>> },
  ): Promise<Answer> {
    const { colorHeader, host, answerMs, timeoutMs } = this.#options;
    return call({
      provider: 'varnish',
      url: joinUrl(this.where, key),
      headers: { ...headers, host, [colorHeader]: color },
      signal,
      timeoutMs: LOOKUP in headers ? timeoutMs : answerMs,
      accept: ANY_STATUS,
    });
  }
}
