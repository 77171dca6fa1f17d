/**
 * The demo's hand on the edge: first config, flush, and a memory of write modes by generation.
 *
 * Invariant: it only ever writes generation 1; from then on the config belongs to the engine.
 */
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { callJson } from './shared/http.ts';
import type { LedgerCheckInput } from './traffic/check.ts';
import { ROUTES, routeUrl } from '../../src/edge/contract.ts';

const WATCH_MS = 400;

export class EdgeAdmin {
  readonly #entries: readonly { readonly url: string }[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #seen = new Map<number, EdgeConfig>();
  #timer: NodeJS.Timeout | null = null;

  constructor(entries: readonly { readonly url: string }[], token: string) {
    this.#entries = entries;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Has generation 1 written unless a config is there already (a run that goes on in its folder). */
  async writeFirst(config: EdgeConfig, write: (config: EdgeConfig) => Promise<void>): Promise<void> {
    if ((await this.read()) !== null) return;
    await write(config);
    await this.read();
  }

  async read(): Promise<EdgeConfig | null> {
    const answer = (await this.#call(routeUrl(this.#url(), ROUTES.store))) as { stored: EdgeConfig | null };
    if (answer.stored !== null) this.#seen.set(answer.stored.generation, answer.stored);
    return answer.stored;
  }

  /** Keeps looking, so that the ledger check knows who might write when. Short-lived generations may be missed. */
  watch(): void {
    this.#timer = setInterval(() => {
      this.read().catch(() => {});
    }, WATCH_MS);
    this.#timer.unref();
  }

  history(): NonNullable<LedgerCheckInput['configs']> {
    return [...this.#seen.values()].map(({ generation, writes }) => ({ generation, writes }));
  }

  /** Ships the log lines that are still in the routers' buffers. */
  async flush(): Promise<void> {
    for (const { url } of this.#entries) await this.#call(routeUrl(url, ROUTES.flush), {});
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Once more over a new connection: workerd says nowhere how long it keeps an idle one open, and each call may be made twice. */
  async #call(url: string, body?: unknown): Promise<unknown> {
    const call = (): Promise<unknown> => callJson(url, body, this.#headers);
    return call().catch((cause: unknown) => {
      if (cause instanceof TypeError) return call();
      throw cause;
    });
  }

  #url(): string {
    return this.#entries[0]?.url ?? '';
  }
}
