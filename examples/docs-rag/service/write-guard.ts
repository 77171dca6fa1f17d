/**
 * May this color write now? The router's word on the request, overruled by newer word from anywhere.
 *
 * Invariant: regions learn a generation at different times, so a request may carry an older one than another
 * request, or the config reader, has shown already. The newest generation decides; a write that began under an
 * older one goes on, because only its start is asked.
 */
import {
  assertWritable,
  EdgeConfigReader,
  loadFromEdge,
  readContext,
  WriteRefusedError,
} from '../../../src/edge/index.ts';
import type { EdgeContext, HeaderSource, WriteIntent } from '../../../src/edge/index.ts';
import type { Color } from '../../../src/domain/color.ts';

export class WriteGuard {
  readonly #color: Color;
  readonly #reader: EdgeConfigReader | null;
  #newest: EdgeContext | null = null;
  #retired = false;
  #late = 0;

  constructor(color: Color, edge: { url: string; token: string } | null) {
    this.#color = color;
    this.#reader = edge === null ? null : new EdgeConfigReader({ load: loadFromEdge(edge), everyMs: 500 });
  }

  async start(): Promise<void> {
    await this.#reader?.start();
  }

  stop(): void {
    this.#reader?.stop();
  }

  /** Generation this service acts on. */
  get generation(): number {
    return Math.max(this.#newest?.generation ?? 0, this.#reader?.config?.generation ?? 0);
  }

  /** Writes refused because the color is read-only or retired. */
  get lateWrites(): number {
    return this.#late;
  }

  get retired(): boolean {
    return this.#retired;
  }

  retire(): void {
    this.#retired = true;
  }

  /** Notes what the router said; called for every request. */
  see(headers: HeaderSource): EdgeContext {
    const said = readContext(headers);
    if (!said.known || said.color !== this.#color) return { ...said, known: false };
    const read = this.#reader?.config === null ? null : (this.#reader?.context(this.#color) ?? null);
    for (const candidate of [said, read]) {
      if (candidate !== null && candidate.generation >= (this.#newest?.generation ?? 0))
        this.#newest = candidate;
    }
    return this.#newest === null ? said : { ...this.#newest, kind: said.kind };
  }

  /** @throws WriteRefusedError when the write must not start. */
  assert(context: EdgeContext, intent: WriteIntent): void {
    try {
      assertWritable(this.#retired ? { ...context, writes: 'read-only' } : context, intent);
    } catch (error) {
      if (error instanceof WriteRefusedError && error.refusal.reason === 'late') this.#late += 1;
      throw error;
    }
  }

  /** Jobs are written to this color's queue: the flip has sent it all users. */
  get isProducer(): boolean {
    const read = this.#reader?.config ?? null;
    const isReadNewer = read !== null && read.generation >= (this.#newest?.generation ?? 0);
    return (isReadNewer ? read.producer : this.#newest?.producer) === this.#color;
  }

  /** Whether the consumer may take jobs: an open color, frozen or not, because a freeze waits for the drain. */
  get mayConsume(): boolean {
    if (this.#retired) return false;
    return this.#reader === null || this.#reader.context(this.#color).writes === 'open';
  }
}
