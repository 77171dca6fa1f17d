/**
 * What a command is: its options, its help and its `run`. One table entry and one file make a command.
 * Invariant: everything a command may be given is declared here, so that what is not declared can be refused.
 */
import { hostname, userInfo } from 'node:os';
import { UserError } from '../domain/errors.ts';
import type { Output } from './output.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  /** Placeholder of the value in help, e.g. `<text>`. */
  readonly value?: string;
  readonly help: string;
  /** Help shows it as `--no-…`. */
  readonly negative?: true;
}

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Context {
  readonly out: Output;
  readonly values: Values;
  readonly positionals: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Aborts at Ctrl-C; commands that wait must stop then. */
  readonly signal: AbortSignal;
}

export interface CommandSpec {
  readonly name: string;
  /** Positionals as help shows them, e.g. `[service]`. */
  readonly usage: string;
  /** Most positionals that are accepted. */
  readonly maxPositionals: number;
  /** One or two sentences under the usage line. */
  readonly about: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** True: what runs inside handles Ctrl-C by itself. */
  readonly ownsSignals?: true;
  /** @returns the exit code */
  run(context: Context): Promise<number>;
}

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', help: 'print one JSON document, errors too' },
  color: { type: 'boolean', negative: true, help: 'print without colors (NO_COLOR does the same)' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies Record<string, OptionSpec>;

/** Options of commands that speak to Temporal. */
export const TEMPORAL_OPTIONS = {
  address: {
    type: 'string',
    value: '<host:port>',
    help: 'Temporal server (default: TEMPORAL_ADDRESS, your profile, localhost:7233)',
  },
  namespace: {
    type: 'string',
    value: '<name>',
    help: 'Temporal namespace (default: TEMPORAL_NAMESPACE, default)',
  },
} as const satisfies Record<string, OptionSpec>;

export const RUN_OPTION = {
  run: { type: 'string', value: '<run id>', help: 'an earlier run of the switch (see `cutover list`)' },
} as const satisfies Record<string, OptionSpec>;

export const BY_OPTION = {
  by: { type: 'string', value: '<who>', help: 'who acts (default: $USER@hostname)' },
} as const satisfies Record<string, OptionSpec>;

/** A text option, or undefined when it was not given. */
export function text({ values }: Pick<Context, 'values'>, name: string): string | undefined {
  const value = values[name];
  if (value === '') throw new UserError(`--${name} is empty`, { hint: `give it a value: --${name} <text>` });
  return typeof value === 'string' ? value : undefined;
}

/** A yes/no option; `fallback` when it was not given. */
export function flag({ values }: Pick<Context, 'values'>, name: string, fallback = false): boolean {
  const value = values[name];
  return typeof value === 'boolean' ? value : fallback;
}

/** All values of an option that may be repeated. */
export function list({ values }: Pick<Context, 'values'>, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The positional at `index`, which must be there. */
export function required({ positionals }: Pick<Context, 'positionals'>, index: number, what: string): string {
  const value = positionals[index];
  if (value === undefined || value === '') {
    throw new UserError(`${what} is missing`, {
      hint: 'add --help to see what this command needs, with examples',
    });
  }
  return value;
}

/** Who acts: `--by`, else the account on this machine. */
export function who(context: Pick<Context, 'values' | 'env'>): string {
  const given = text(context, 'by');
  if (given !== undefined) return given;
  const account = context.env['USER'] ?? context.env['LOGNAME'] ?? accountName();
  return `${account}@${hostname()}`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number without a name.
    return 'somebody';
  }
}
