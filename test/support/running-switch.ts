/** One switch under test, seen and commanded from outside as an operator would. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Connection } from '@temporalio/client';
import { queryEvents } from '../../src/client/events.ts';
import { sendCommand, type CommandAnswer } from '../../src/client/command.ts';
import type { SwitchHandle } from '../../src/client/start.ts';
import type { CommandName } from '../../src/domain/command.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { STAGES } from '../../src/domain/stage.ts';
import type { Outcome, SwitchState } from '../../src/domain/state.ts';
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import { fastForward, virtualNow } from '../../src/dev-server/time-skipping.ts';
import { statusQuery, type CommandInput } from '../../src/workflows/messages.ts';
import type { ScriptedService } from './scripted-service.ts';
import { testEnv } from './temporal.ts';

/** Generous: a test that waits for the right thing is as fast as the machine, and a loaded one is slow. */
const PATIENCE_MS = 150_000;

type EventOf<T extends SwitchEvent['type']> = Extract<SwitchEvent, { type: T }>;

interface Parts {
  readonly handle: SwitchHandle;
  readonly service: ScriptedService;
  readonly connection: Connection;
  readonly namespace: string;
}

export class RunningSwitch {
  readonly handle: SwitchHandle;
  readonly service: ScriptedService;
  readonly #connection: Connection;
  readonly #namespace: string;

  constructor(parts: Parts) {
    this.handle = parts.handle;
    this.service = parts.service;
    this.#connection = parts.connection;
    this.#namespace = parts.namespace;
  }

  events(): Promise<readonly SwitchEvent[]> {
    return queryEvents(this.handle);
  }

  state(): Promise<SwitchState> {
    return this.handle.query(statusQuery);
  }

  /** The first event of that type (that fits); waits for it. */
  async until<T extends SwitchEvent['type']>(
    type: T,
    fits: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const events = await this.events();
      const found = events.find((one): one is EventOf<T> => one.type === type && fits(one as EventOf<T>));
      if (found !== undefined) return found;
      assert.ok(Date.now() < deadline, `no such ${type} in:\n${events.map(brief).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  async outcome(): Promise<Outcome> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), PATIENCE_MS)));
    const outcome = await Promise.race([this.handle.result(), late]);
    clearTimeout(timer);
    assert.ok(outcome !== null, `it has not ended:\n${(await this.events()).map(brief).join('\n')}`);
    return outcome;
  }

  /** Ends in a rollback; returns it. */
  async rolledBack(): Promise<Extract<Outcome, { kind: 'rolled-back' }>> {
    const outcome = await this.outcome();
    assert.equal(outcome.kind, 'rolled-back', (await this.events()).map(brief).join('\n'));
    return outcome;
  }

  /** By Update, as the CLI does: the answer, or a RefusedError. */
  async command<N extends CommandName>(name: N, input: Partial<CommandInput<N>> = {}): Promise<string> {
    const { answer, answered } = await this.send(name, input);
    assert.ok(answered, `${name} was not answered`);
    return answer;
  }

  /** As `command`, whether or not a worker answers. */
  send<N extends CommandName>(name: N, input: Partial<CommandInput<N>> = {}): Promise<CommandAnswer> {
    const given = { by: 'ana', ...input } as Omit<CommandInput<N>, 'commandId'>;
    return sendCommand(this.handle, name, given);
  }

  /** By Signal, unchecked. */
  signal(name: string, ...input: readonly unknown[]): Promise<void> {
    return this.handle.signal(name, ...input);
  }

  /** By `temporal workflow signal`, as somebody does who has nothing but the stock CLI. */
  async cli(name: CommandName, input?: object): Promise<void> {
    const { path } = await findTemporalBinary();
    const { address } = this.#connection.options;
    const words = ['workflow', 'signal', '--workflow-id', this.handle.workflowId, '--name', name];
    const given = input === undefined ? [] : ['--input', JSON.stringify(input)];
    const where = ['--address', address, '--namespace', this.#namespace];
    await promisify(execFile)(path, [...words, ...given, ...where], { env: testEnv() });
  }

  /** Moves a switch in real time (`skip: false`) by so much. */
  async forward(byMs: number): Promise<void> {
    const { workflowId } = this.handle;
    await fastForward(this.#connection, { namespace: this.#namespace, workflowId, byMs });
  }

  /** Epoch ms on the switch's own clock. */
  async clock(): Promise<number> {
    const { workflowId } = this.handle;
    const skipped = await virtualNow(this.#connection, { namespace: this.#namespace, workflowId });
    return skipped?.getTime() ?? Date.now();
  }

  /** The stages that were passed, in order. */
  async stagesPassed(): Promise<readonly string[]> {
    return (await this.state()).stagesPassed;
  }

  /** Users, producers and writes are where they were: on `from`, with `to` read-only. */
  assertAllOnFrom(): void {
    const { edge } = this.service;
    assert.ok(edge !== null, 'nothing was ever written');
    const { weightPercent, producer, writes, freezeUntilMs, cohorts } = edge;
    assert.deepEqual(
      { weightPercent, producer, writes, freezeUntilMs, cohorts },
      {
        weightPercent: 0,
        producer: 'blue',
        writes: { blue: 'open', green: 'read-only' },
        freezeUntilMs: null,
        cohorts: [],
      },
    );
  }
}

export const ALL_STAGES: readonly string[] = STAGES;

export function brief(event: SwitchEvent): string {
  return JSON.stringify(event).slice(0, 300);
}
