/**
 * One run of the `cutover` command, apart from the process that it runs in: dispatch, and the one place that turns errors into a
 * line and an exit code.
 * Invariant: it ends with a code of exit-codes.ts, whatever happens; with `--json` stdout holds JSON only. It neither reads the
 * environment of the process nor ends it: main.ts hands in the one and does the other.
 */
import { packageVersion } from '../package-version.ts';
import { knowEnvironment } from '../domain/redact.ts';
import { findCommand, parseCommand } from './args.ts';
import { COMMANDS } from './commands/index.ts';
import { EXIT } from './exit-codes.ts';
import { failureOf } from './failure.ts';
import { openOutput, type Output, type Streams } from './output.ts';
import { commandHelp, overviewHelp } from './render/help.ts';

export interface RunOptions extends Streams {
  readonly env: NodeJS.ProcessEnv;
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Called before a command that is to be stopped by `signal`; the others listen to the process by themselves. */
  readonly onListen?: () => void;
}

/** @returns the exit code */
export async function run(words: readonly string[], options: RunOptions): Promise<number> {
  const { env, signal } = options;
  knowEnvironment(env);
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  const out = openOutput({
    ...options,
    json: flags.includes('--json'),
    noColor: flags.includes('--no-color'),
  });
  try {
    return await dispatch(words, out, options);
  } catch (error) {
    const { stack, ...failure } = failureOf(error, signal.aborted);
    const { message, hint, code, exitCode } = failure;
    out.document({ error: failure });
    if (stack !== null) out.note(stack);
    if (!out.json) {
      if (stack === null) out.note(code === 'interrupted' ? 'interrupted' : `cutover: ${message}`);
      if (hint !== null) out.note(`  ${hint}`);
    }
    return exitCode;
  }
}

async function dispatch(words: readonly string[], out: Output, options: RunOptions): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = name === 'help' ? rest[0] : undefined;
    if (topic !== undefined) return dispatch([topic, '--help'], out, options);
    out.line(overviewHelp(COMMANDS));
    out.document({ commands: COMMANDS.map((one) => ({ name: one.name, summary: one.summary })) });
    return name === undefined && !out.json ? EXIT.user : EXIT.ok;
  }
  if (name === '--version' || name === '-v') {
    out.line(packageVersion());
    out.document({ version: packageVersion(), node: process.versions.node });
    return EXIT.ok;
  }
  // Options may come before the command only where that cannot be mistaken: --json and --no-color.
  if (name === '--json' || name === '--no-color') return dispatch([...rest, name], out, options);
  const entry = findCommand(name, COMMANDS);
  const spec = await entry.load();
  const { values, positionals } = parseCommand(spec, rest);
  if (values['help'] === true) {
    out.line(commandHelp(spec));
    out.document({ name: spec.name, usage: spec.usage, about: spec.about, options: spec.options });
    return EXIT.ok;
  }
  if (spec.ownsSignals !== true) options.onListen?.();
  return spec.run({ out, values, positionals, env: options.env, signal: options.signal });
}
