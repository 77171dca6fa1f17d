/**
 * The search attributes of a switch: for people who search; they can never fail a workflow task. An administrator may remove or retype one
 * under a running switch, and the server then refuses the task that writes it, again and again. So each write asks the server first,
 * by a local activity of the same workflow task: when the task is refused, it runs again, asks again, and gives up.
 */
import { CancellationScope, log, proxyLocalActivities, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/api.ts';
import type { SwitchEvent } from '../domain/event.ts';
import { ATTRIBUTE } from '../domain/search-attributes.ts';
import type { SwitchState } from '../domain/state.ts';

const { attributesFit } = proxyLocalActivities<Pick<Activities, 'attributesFit'>>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
  summary: 'may the search attributes be written?',
});

/**
 * Facts that change search attributes. The start of a rollback is not among them: writing them would share the database with the
 * write that users wait for.
 */
const PUBLISHED: readonly SwitchEvent['type'][] = [
  'stage-entered',
  'rollback-restored',
  'rollback-stuck',
  'ended',
];

export class Attributes {
  #wanted: boolean;
  #latest: SwitchState | null = null;
  #running: Promise<void> | null = null;

  /** @param wanted false where the namespace lacked them when the switch began */
  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }

  /** Resolves when nothing is left to write. */
  async written(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  publish(state: SwitchState, fact: SwitchEvent['type']): void {
    if (!this.#wanted || !PUBLISHED.includes(fact)) return;
    this.#latest = state;
    // Whatever the scope of the fact: a rollback cancels the way forward, and its own facts are published too.
    this.#running ??= CancellationScope.nonCancellable(() => this.#write());
  }

  async #write(): Promise<void> {
    while (this.#latest !== null && this.#wanted) {
      const fits = await attributesFit().catch(() => false);
      const state = this.#latest;
      this.#latest = null;
      if (fits) upsertSearchAttributes(attributesOf(state));
      else this.#giveUp();
    }
    // In the same step as the last look at what is wanted: what is published after it starts another.
    this.#running = null;
  }

  #giveUp(): void {
    this.#wanted = false;
    log.warn('search attributes are missing or of another type; this switch does without them');
  }
}

function attributesOf(state: SwitchState): Record<string, string[] | number[]> {
  const { outcome, rollback, stage } = state;
  return {
    [ATTRIBUTE.stage]: [outcome === null ? (rollback === null ? stage : 'rollback') : 'ended'],
    [ATTRIBUTE.weight]: [state.actualPercent ?? 0],
    ...(outcome === null ? {} : { [ATTRIBUTE.outcome]: [outcome.kind] }),
  };
}
