/** The people of a bad day: they send commands at the moments the scenario names, and look at the status now and then. */
import type { WorkflowHandle } from '@temporalio/client';
import type { SwitchState } from '../../src/domain/state.ts';
import type { Burst, Command } from './scenario.ts';
import type { Outside, Service } from './world/service.ts';

const ANSWER_MS = 8000;

export function operatorsOf(service: Service, handle: () => WorkflowHandle): Outside {
  let sent = 0;
  const note = service.ledger.note.bind(service.ledger);
  const give = async (command: Command, id: string): Promise<void> => {
    const { name, how, repeats: _repeats, ...input } = command;
    note(service.nowMs, { kind: 'sent', command, id });
    const answered = (result: 'accepted' | 'refused' | 'failed', answer: string): void =>
      note(service.nowMs, { kind: 'answered', command, id, result, answer });
    try {
      if (name === 'cancel') await handle().cancel();
      else if (how === 'signal') await handle().signal(name, { ...input, commandId: id });
      else {
        const updateId = `${id}-${Math.random()}`;
        const update = handle().executeUpdate<string, [object]>(name, {
          args: [{ ...input, commandId: id }],
          updateId,
        });
        const answer = await Promise.race([update, late()]);
        if (answer === null) answered('failed', 'no answer');
        else answered('accepted', answer);
        update.catch(() => undefined);
      }
    } catch (cause) {
      const isRefused = cause instanceof Error && cause.constructor.name === 'WorkflowUpdateFailedError';
      const text = cause instanceof Error ? deepest(cause) : '';
      answered(isRefused ? 'refused' : 'failed', text);
    }
  };
  return {
    async act({ commands }: Burst) {
      const all = commands.flatMap((command) => {
        sent += 1;
        const id = `n${service.ledger.nth}-${sent}`;
        return Array.from({ length: command.repeats }, () => give(command, id));
      });
      await Promise.all(all);
    },
    async look() {
      const before = { stored: service.edge.stored, onTo: service.usersOn(service.to) };
      const state = await Promise.race([handle().query<SwitchState>('status'), late()]).catch(() => null);
      const isSame = service.edge.stored === before.stored && service.usersOn(service.to) === before.onTo;
      if (state === null || !isSame) return false;
      note(service.nowMs, { kind: 'said', state, onTo: before.stored === null ? null : before.onTo });
      return state.wait !== null && ['approval', 'question', 'sick-from'].includes(state.wait.kind);
    },
  };
}

function late(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), ANSWER_MS).unref();
  });
}

function deepest(error: Error): string {
  return error.cause instanceof Error ? deepest(error.cause) : error.message;
}
