/**
 * From the words of a command line to a command and its values, by `node:util` parseArgs in strict mode.
 * Invariant: whatever is not declared is refused with what was probably meant; nothing is ignored.
 */
import { parseArgs } from 'node:util';
import { UserError } from '../domain/errors.ts';
import { nearest } from '../plan/nearest.ts';
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec, type Values } from './spec.ts';

export interface ParsedArgs {
  readonly values: Values;
  readonly positionals: readonly string[];
}

/** @throws UserError with a suggestion when no command has this name. */
export function findCommand<T extends { readonly name: string }>(name: string, commands: readonly T[]): T {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = commands.map((command) => command.name);
  const meant = nearest(name, names);
  throw new UserError(`there is no command ${JSON.stringify(name.slice(0, 60))}`, {
    hint: meant === null ? 'cutover --help lists the commands' : `did you mean \`cutover ${meant}\`?`,
  });
}

/** @throws UserError when something is not declared by the command. */
export function parseCommand(spec: CommandSpec, words: readonly string[]): ParsedArgs {
  const options: Readonly<Record<string, OptionSpec>> = { ...spec.options, ...COMMON_OPTIONS };
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...words],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, short, multiple }]) => [
          name,
          { type, ...(short === undefined ? {} : { short }), ...(multiple === true ? { multiple } : {}) },
        ]),
      ),
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (cause) {
    throw new UserError(...explain(spec, options, cause));
  }
  const extra = parsed.positionals[spec.maxPositionals];
  if (extra !== undefined && parsed.values['help'] !== true) {
    throw new UserError(`cutover ${spec.name} does not take ${JSON.stringify(extra.slice(0, 60))}`, {
      hint: usageHint(spec),
    });
  }
  return parsed;
}

function explain(
  spec: CommandSpec,
  options: Readonly<Record<string, OptionSpec>>,
  cause: unknown,
): [string, { hint: string; cause: unknown }] {
  const message = cause instanceof Error ? cause.message : String(cause);
  const given = /'(--?[^\s'=]+)/.exec(message)?.[1] ?? '';
  const known = Object.keys(options);
  const meant = nearest(given.replace(/^--?(no-)?/, ''), known);
  if (message.startsWith('Unknown option')) {
    const hint = meant === null ? usageHint(spec) : `did you mean --${meant}?`;
    return [`cutover ${spec.name} has no option ${given}`, { hint, cause }];
  }
  const name = /--([\w-]+)/.exec(message)?.[1] ?? '';
  const option = options[name];
  if (option?.type === 'boolean') return [`--${name} takes no value`, { hint: usageHint(spec), cause }];
  if (option?.type === 'string') {
    return [`--${name} needs a value`, { hint: `write --${name}=${option.value ?? '<value>'}`, cause }];
  }
  return [message.split('\n')[0] ?? message, { hint: usageHint(spec), cause }];
}

function usageHint(spec: CommandSpec): string {
  return `usage: cutover ${[spec.name, spec.usage].filter((part) => part !== '').join(' ')} (--help for more)`;
}
