/**
 * Two job queues of one broker with their producers and consumers. A job may have several copies (a move that was cut short makes
 * them); consumers keep a done-ledger by the job's key.
 */
import type { Color } from '../../../src/domain/color.ts';
import type { QueuePort } from '../../../src/ports/index.ts';
import type { Service } from './service.ts';

export interface Copy {
  readonly key: string;
  readonly color: Color;
  sinceMs: number;
  readonly isPoison: boolean;
  visibleMs: number;
  heldUntilMs: number;
  receives: number;
  /** When it left this queue, and how. */
  leftMs: number | null;
  how: 'done' | 'repeat' | 'moved' | 'dead' | null;
}

const MAX_RECEIVES = 5;
const VISIBILITY_MS = 30_000;
const PERIOD_MS = 20_000;
/** Arrivals played at most for one jump of the clock. */
const MOST_AT_ONCE = 6;
const DEDUP_MS = 300_000;

export class Queues {
  readonly made: { key: string; atMs: number }[] = [];
  readonly copies: Copy[] = [];
  /** Times that each job was really performed. */
  readonly performed = new Map<string, number>();
  readonly done: Record<Color, number> = { blue: 0, green: 0 };
  readonly #service: Service;
  readonly #freeMs: Record<Color, number> = { blue: 0, green: 0 };
  readonly #sent = new Map<string, number>();
  #playedMs = 0;
  #count = 0;

  constructor(service: Service) {
    this.#service = service;
  }

  /** Copies that a color's queue holds: ready, in flight or delayed. */
  in(color: Color): Copy[] {
    return this.copies.filter((one) => one.color === color && one.leftMs === null);
  }

  standing(color: Color): number {
    return this.in(color).length;
  }

  poison(jobs: number): void {
    for (let i = 0; i < jobs; i += 1)
      this.#enqueue(this.#producer(this.#service.nowMs), this.#service.nowMs, true, 0);
  }

  delay({ jobs, delayMs, on }: { jobs: number; delayMs: number; on: 'producer' | 'from' }): void {
    const { nowMs, from } = this.#service;
    const color = on === 'from' ? from : this.#producer(nowMs);
    for (let i = 0; i < jobs; i += 1) this.#enqueue(color, nowMs, false, delayMs);
  }

  shift(byMs: number): void {
    for (const one of this.made) one.atMs -= byMs;
    for (const one of this.copies) {
      one.sinceMs -= byMs;
      one.visibleMs -= byMs;
      one.heldUntilMs -= byMs;
      if (one.leftMs !== null) one.leftMs -= byMs;
    }
    for (const color of ['blue', 'green'] as const) this.#freeMs[color] -= byMs;
    for (const [id, atMs] of this.#sent) this.#sent.set(id, atMs - byMs);
    this.#playedMs = Math.max(0, this.#playedMs - byMs);
  }

  /** Lets producers and consumers do what they did up to `nowMs`. */
  play(nowMs: number): void {
    const service = this.#service;
    if (service.current.plan.queue === null) return;
    const sinceMs = this.#playedMs === 0 ? nowMs : this.#playedMs;
    this.#playedMs = Math.max(nowMs, sinceMs);
    if (nowMs <= sinceMs) return;
    const everyMs = Math.max(PERIOD_MS, (nowMs - sinceMs) / MOST_AT_ONCE);
    for (let at = sinceMs + everyMs / 2; at <= nowMs; at += everyMs) {
      if (!this.#isFrozen(at)) this.#enqueue(this.#producer(at), at, false, 0);
    }
    const straggler = service.faults.at('straggler', nowMs);
    if (straggler !== null) {
      const often = Math.max(straggler.everyMs, (nowMs - sinceMs) / MOST_AT_ONCE);
      for (let at = sinceMs + often; at <= nowMs; at += often) this.#enqueue(service.from, at, false, 0);
    }
    for (const color of ['blue', 'green'] as const) this.#consume(color, nowMs);
  }

  port(runId: string): QueuePort {
    const service = this.#service;
    const reach = (): void => {
      const isKnown = service.faults.at('queue-away', service.nowMs) === null;
      service.ledger.note(service.nowMs, { kind: 'depth', runId, isKnown });
      if (!isKnown) throw service.failure('retry', 'the broker does not answer');
    };
    return {
      capabilities: { consistencyLagMs: service.scenario.countsLagMs },
      topic: (color) => `jobs.${color}`,
      depth: (color) =>
        service.call(runId, 'queue.depth', () => {
          reach();
          return this.#depth(color);
        }),
      retryPolicy: () =>
        service.call(runId, 'queue.retryPolicy', () => ({
          maxDeliveries: MAX_RECEIVES,
          ackTimeoutMs: 30_000,
        })),
      move: (from, to, context) =>
        service.call(runId, 'queue.move', () => {
          reach();
          return { moved: this.#move(from, to, context.idempotencyKey, context.maxMessages) };
        }),
    };
  }

  #depth(color: Color) {
    const { nowMs, scenario } = this.#service;
    const asOfMs = nowMs - scenario.countsLagMs / 2;
    const total = this.copies.filter(
      (one) => one.color === color && one.sinceMs <= asOfMs && (one.leftMs === null || one.leftMs > asOfMs),
    );
    const inFlight = total.filter((one) => one.heldUntilMs > nowMs).length;
    const delayed = total.filter((one) => one.receives === 0 && one.visibleMs > nowMs).length;
    const oldest = Math.min(...total.map((one) => one.sinceMs));
    return {
      ready: Math.max(0, total.length - inFlight - delayed),
      inFlight,
      delayed,
      dead: this.copies.filter((one) => one.color === color && one.how === 'dead').length,
      oldestAgeMs: total.length === 0 ? 0 : nowMs - oldest,
    };
  }

  #move(from: Color, to: Color, hop: string, most: number): number {
    const { nowMs, current, faults } = this.#service;
    const moving = this.in(from)
      .filter((one) => one.visibleMs <= nowMs && one.heldUntilMs <= nowMs)
      .slice(0, most);
    for (const one of moving) {
      const id = `${to}/${one.key}/${hop}`;
      const isDropped = current.plan.queue === 'fifo' && nowMs - (this.#sent.get(id) ?? -DEDUP_MS) < DEDUP_MS;
      this.#sent.set(id, nowMs);
      if (!isDropped) {
        this.copies.push({ ...one, color: to, sinceMs: nowMs, visibleMs: nowMs, receives: 0 });
      }
    }
    if (moving.length > 0 && faults.spend('half-move', nowMs) !== null) {
      throw this.#service.failure('retry', 'the answer of a send was lost');
    }
    for (const one of moving) this.#leave(one, nowMs, 'moved');
    return moving.length;
  }

  #consume(color: Color, nowMs: number): void {
    const service = this.#service;
    const side = color === service.from ? 'from' : 'to';
    if (service.colors.isDown(color)) return;
    if (service.faults.at('consumer-away', nowMs, (one) => one.side === side) !== null) return;
    for (;;) {
      const next = this.in(color).sort((a, b) => a.visibleMs - b.visibleMs)[0];
      if (next === undefined) return;
      const startMs = Math.max(next.visibleMs, this.#freeMs[color]);
      if (startMs > nowMs) return;
      const endMs = startMs + service.scenario.workMs;
      next.receives += 1;
      next.heldUntilMs = endMs;
      this.#freeMs[color] = endMs;
      if (next.isPoison) {
        if (next.receives >= MAX_RECEIVES) this.#leave(next, endMs, 'dead');
        else next.visibleMs = endMs + VISIBILITY_MS;
        continue;
      }
      const isRepeat = this.performed.has(next.key);
      if (!isRepeat) this.performed.set(next.key, 1);
      this.done[color] += 1;
      this.#leave(next, endMs, isRepeat ? 'repeat' : 'done');
    }
  }

  #leave(copy: Copy, atMs: number, how: NonNullable<Copy['how']>): void {
    copy.leftMs = atMs;
    copy.how = how;
  }

  #enqueue(color: Color, atMs: number, isPoison: boolean, delayMs: number): void {
    this.#count += 1;
    const key = `job-${this.#count}`;
    this.made.push({ key, atMs });
    this.copies.push({
      key,
      color,
      sinceMs: atMs,
      isPoison,
      visibleMs: atMs + delayMs,
      heldUntilMs: 0,
      receives: 0,
      leftMs: null,
      how: null,
    });
  }

  #producer(atMs: number): Color {
    const { edge, from } = this.#service;
    return edge.seenBy(0, atMs)?.producer ?? from;
  }

  #isFrozen(atMs: number): boolean {
    const until = this.#service.edge.seenBy(0, atMs)?.freezeUntilMs ?? null;
    return until !== null && atMs < until;
  }
}
