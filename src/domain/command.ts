/** What operators may ask of a running switch. Every command exists as a Signal and as an Update of the same name. */
import type { GateName } from './gate.ts';
import type { Stage } from './stage.ts';
import type { Tune } from './tune.ts';

export interface CommandMeta {
  /** Who asks: a person or a system. */
  readonly by: string;
  readonly reason?: string;
  /** Same id, same command: repeats are ignored. */
  readonly commandId: string;
}

export type Command =
  | (CommandMeta & { readonly name: 'approve'; readonly stage?: Stage })
  | (CommandMeta & { readonly name: 'pause' })
  | (CommandMeta & { readonly name: 'resume' })
  | (CommandMeta & { readonly name: 'rollback' })
  /** Ignores a gate from now on (`gate`), or ends the present hold or wait as if it had passed (`hold`). */
  | (CommandMeta & { readonly name: 'override'; readonly gate?: GateName; readonly hold?: true })
  | (CommandMeta & { readonly name: 'tune'; readonly change: Tune });

export type CommandName = Command['name'];

export const COMMAND_NAMES = [
  'approve',
  'pause',
  'resume',
  'rollback',
  'override',
  'tune',
] as const satisfies readonly CommandName[];

/** The fields that each command has; whatever else a caller sends is dropped, since what is kept stands in history. */
const FIELDS: Readonly<Record<CommandName, readonly string[]>> = {
  approve: ['stage'],
  pause: [],
  resume: [],
  rollback: [],
  override: ['gate', 'hold'],
  tune: ['change'],
};

const META: readonly string[] = ['by', 'reason', 'commandId'];

/** Reads what a caller sent as a command of that name. Total: nothing is checked, `decide` says what is wrong with it. */
export function toCommand(name: CommandName, input: unknown): Command {
  const given = input !== null && typeof input === 'object' ? Object.entries(input) : [];
  const known = [...META, ...FIELDS[name]];
  const kept = Object.fromEntries(given.filter(([field]) => known.includes(field)));
  return { by: 'signal', ...kept, name } as unknown as Command;
}
