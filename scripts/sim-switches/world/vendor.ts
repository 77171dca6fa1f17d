/**
 * A vendor's own weight, where a vendor moves the users: it keeps who set it until it starts anew, refuses an older generation, and can be
 * set by anybody else.
 */
import type { Color } from '../../../src/domain/color.ts';
import type { TrafficPort, TrafficReading } from '../../../src/ports/index.ts';
import type { Service } from './service.ts';

interface Weight {
  atMs: number;
  /** Share of users on green, percent. */
  readonly onGreen: number;
  /** Null: of its configuration. Absent: of somebody whom it does not know. */
  readonly writer?: string | null;
  readonly generation: number;
}

/** Of its configuration: everybody on blue. */
const CONFIGURED = { onGreen: 0, writer: null, generation: 0 } as const;

export class Vendor {
  readonly history: Weight[] = [{ atMs: 0, ...CONFIGURED }];
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  shift(byMs: number): void {
    for (const one of this.history) one.atMs -= byMs;
  }

  get #now(): Weight {
    const now = this.history.at(-1);
    if (now === undefined) throw new Error('it begins with a weight');
    return now;
  }

  /** Share of users on a color, percent. */
  on(color: Color, { onGreen }: Pick<Weight, 'onGreen'> = this.#now): number {
    return color === 'green' ? onGreen : 100 - onGreen;
  }

  /** It lost what was set. */
  restart(): void {
    this.#set(CONFIGURED, null);
  }

  strangerSets(onTo: number): void {
    this.#set({ onGreen: this.#onGreen(onTo), generation: 0 }, null);
  }

  port(runId: string): TrafficPort {
    const service = this.#service;
    const reach = (): void => {
      if (service.faults.at('weight-away', service.nowMs) !== null)
        throw service.failure('retry', 'the vendor does not answer');
    };
    const reading = (): TrafficReading => {
      const { writer, generation } = this.#now;
      const weightPercent = this.on(service.to);
      return writer === undefined ? { weightPercent } : { weightPercent, writer, generation };
    };
    return {
      capabilities: {
        granularityPercent: 1,
        maxPercent: 100,
        canLower: true,
        stages: null,
        isSticky: true,
        isVolatile: true,
        propagation: { maxMs: 1000 },
      },
      readBack: () =>
        service.call(runId, 'traffic.readBack', () => {
          reach();
          return reading();
        }),
      apply: ({ to, weightPercent, generation }, context) =>
        service.call(runId, 'traffic.apply', () => {
          context.signal?.throwIfAborted();
          reach();
          const now = this.#now;
          const isAgain = now.writer === context.idempotencyKey && now.generation === generation;
          if (!isAgain) {
            if (typeof now.writer === 'string' && generation < now.generation)
              throw service.failure('reread', `generation ${now.generation} set the weight`);
            const onGreen = to === 'green' ? weightPercent : 100 - weightPercent;
            this.#set({ onGreen, writer: context.idempotencyKey, generation }, runId);
          }
          if (service.faults.spend('weight-lost-reply', service.nowMs) !== null)
            throw service.failure('retry', 'connection reset after the weight was set');
          return reading();
        }),
    };
  }

  #onGreen(onTo: number): number {
    return this.#service.to === 'green' ? onTo : 100 - onTo;
  }

  #set(weight: Omit<Weight, 'atMs'>, runId: string | null): void {
    const service = this.#service;
    this.history.push({ ...weight, atMs: service.nowMs });
    const onTo = this.on(service.to);
    const writer = weight.writer === undefined ? 'a stranger' : weight.writer;
    service.ledger.note(service.nowMs, { kind: 'weighed', onTo, runId, writer });
  }
}
