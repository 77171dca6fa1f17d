/**
 * Ships request lines in batches to a sink and, if asked, prints each of them.
 *
 * Invariant: a line that was pushed is shipped, still buffered, or counted in `lost_before` of a later one; a batch whose delivery
 * failed is put back.
 */
import type { RequestLine } from '../domain/request-line.ts';
import type { Defer } from './job.ts';

/** How long a line may wait for others, ms. */
const LINGER_MS = 25;
/** A shipper that has not come back after this is taken for dead: its request may have been cancelled. */
const SHIPPER_DEADLINE_MS = 2000;
/** Beyond this the oldest lines go: a log that is down must not take the router with it. */
const MAX_BUFFERED = 20_000;

/**
 * Takes lines, each of which is a JSON object without its line end.
 * @returns how many of them it took, from the first on: the others are given to it again. Throws when it took none.
 */
export type LogSink = (lines: readonly string[]) => Promise<number>;

interface Buffered {
  readonly text: string;
  /** Lines lost before it, as it says. */
  readonly lost: number;
}

export class LogBuffer {
  readonly #sink: LogSink | null;
  readonly #print: boolean;
  #lines: Buffered[] = [];
  /** Lines lost that no line has told of. */
  #lost = 0;
  #shippingSinceMs: number | null = null;
  #onTheWay = 0;

  constructor(sink: LogSink | null, print: boolean) {
    this.#sink = sink;
    this.#print = print;
  }

  push(line: RequestLine, defer: Defer): void {
    if (this.#print) console.log(JSON.stringify(line));
    if (this.#sink === null) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#lines.push({ text: JSON.stringify(lost === 0 ? line : { ...line, lost_before: lost }), lost });
    this.#drop();
    const now = Date.now();
    if (this.#shippingSinceMs !== null && now - this.#shippingSinceMs < SHIPPER_DEADLINE_MS) return;
    this.#shippingSinceMs = now;
    defer(this.#shipSoon());
  }

  /**
   * Ships everything, also what another request's shipper has taken and not delivered yet: one request may not await
   * another's I/O here, so it looks again until nothing is left. @returns false when the sink did not take it.
   */
  async drain(): Promise<boolean> {
    const deadline = Date.now() + SHIPPER_DEADLINE_MS;
    do {
      // Lets a body that just ended write its line.
      await pause(5);
      await this.flush();
    } while ((this.#lines.length > 0 || this.#onTheWay > 0) && Date.now() < deadline);
    return this.#lines.length === 0 && this.#onTheWay === 0;
  }

  /** Ships what is buffered now; @returns false when the sink did not take it all. */
  async flush(): Promise<boolean> {
    if (this.#lines.length === 0 || this.#sink === null) return true;
    const batch = this.#lines;
    this.#lines = [];
    this.#onTheWay++;
    const taken = await this.#sink(batch.map(({ text }) => text)).catch(() => 0);
    this.#onTheWay--;
    if (taken >= batch.length) return true;
    this.#lines = [...batch.slice(taken), ...this.#lines];
    this.#drop();
    return false;
  }

  /** The oldest lines beyond what is kept, and with them what they told of others. */
  #drop(): void {
    for (const { lost } of this.#lines.splice(0, this.#lines.length - MAX_BUFFERED)) this.#lost += 1 + lost;
  }

  async #shipSoon(): Promise<void> {
    let delivered: boolean;
    do {
      await pause(LINGER_MS);
      delivered = await this.flush();
      // Lines that came while the batch was on its way have no other shipper; a log that is down waits for the next line.
    } while (delivered && this.#lines.length > 0);
    this.#shippingSinceMs = null;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
