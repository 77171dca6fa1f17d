/** What moves over a broker are compared by. */
import type { QueuePort } from '../../src/ports/index.ts';

export interface Setting {
  /** Of a call, ms: there and back. */
  readonly latencyMs: number;
}

/** Each fills a queue with so many jobs, and gives what moves them and says how many. */
export interface Contestant {
  readonly name: string;
  readonly serially: (count: number) => Promise<() => Promise<number>>;
  readonly ours: (count: number) => Promise<() => Promise<number>>;
  close(): Promise<void>;
}

export async function moveAll(port: QueuePort): Promise<number> {
  let all = 0;
  for (;;) {
    const { moved } = await port.move('blue', 'green', { idempotencyKey: 'bench', maxMessages: 5000 });
    if (moved === 0) return all;
    all += moved;
  }
}
