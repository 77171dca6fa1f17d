/**
 * Watches a running switch from outside, over crashes of its worker and its server: its events, what activity is under way, and
 * its end. Every question has a short deadline and is asked again; nothing here gives up because somebody is away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { SwitchHandle } from '../../src/client/start.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Outcome } from '../../src/domain/state.ts';
import { queryEvents } from '../../src/client/events.ts';

const EVERY_MS = 60;
const ANSWER_MS = 1500;

/** An attempt that is on a worker now. */
export interface Pending {
  readonly name: string;
  readonly attempt: number;
  /** It has reported progress. */
  readonly beats: boolean;
}

export class Watcher {
  events: readonly SwitchEvent[] = [];
  pending: readonly Pending[] = [];
  /** As seen last: a reset opens a closed one again. */
  closed = false;
  readonly #client: Client;
  readonly #handle: SwitchHandle;
  #stopped = false;
  readonly #loops: Promise<unknown>;

  constructor(client: Client, handle: SwitchHandle) {
    this.#client = client;
    this.#handle = handle;
    this.#loops = Promise.all([
      this.#again(async () => this.#describe()),
      this.#again(async () => {
        this.events = await queryEvents(this.#handle);
      }),
    ]);
  }

  /** Resolves when `seen` holds. @throws when the switch ended or `withinMs` went by before it did. */
  async until(what: string, seen: () => boolean, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!seen()) {
      if (this.closed) throw new Error(`the switch ended before ${what}; ${this.#last()}`);
      if (Date.now() > deadline) throw new Error(`no ${what} within ${withinMs} ms; ${this.#last()}`);
      await sleep(EVERY_MS / 2);
    }
  }

  isPending(name: string): boolean {
    return this.pending.some((one) => one.name === name);
  }

  saw(type: SwitchEvent['type'], matches: (event: SwitchEvent) => boolean = () => true): boolean {
    return this.events.some((event) => event.type === type && matches(event));
  }

  async outcome(withinMs: number): Promise<Outcome> {
    const deadline = Date.now() + withinMs;
    while (!this.closed && Date.now() < deadline) await sleep(EVERY_MS);
    if (!this.closed) throw new Error(`the switch did not end within ${withinMs} ms; ${this.#last()}`);
    const outcome = await this.#handle.result();
    // A closed workflow still answers, from its history.
    this.events = await queryEvents(this.#handle);
    return outcome;
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#loops;
  }

  async #describe(): Promise<void> {
    const { status, raw } = await this.#handle.describe();
    this.pending = (raw.pendingActivities ?? [])
      .filter((one) => one.lastStartedTime !== null && Number(one.state) === STARTED)
      .map((one) => ({
        name: one.activityType?.name ?? '',
        attempt: one.attempt ?? 0,
        beats: (one.heartbeatDetails?.payloads ?? []).length > 0,
      }));
    this.closed = status.name !== 'RUNNING';
  }

  async #again(look: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await this.#client.withDeadline(Date.now() + ANSWER_MS, look).catch(() => undefined);
      await sleep(EVERY_MS);
    }
  }

  #last(): string {
    const tail = this.events.slice(-4).map((event) => JSON.stringify(event).slice(0, 300));
    return `last events: ${tail.join(' ')}; under way: ${JSON.stringify(this.pending)}`;
  }
}

/** `PENDING_ACTIVITY_STATE_STARTED`. */
const STARTED = 2;
