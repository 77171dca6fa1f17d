/**
 * The entry of the `cutover` command: dispatch, Ctrl-C, and the one place that turns errors into a line and an exit code.
 * Invariant: the process ends with a code of exit-codes.ts, whatever happens; with `--json` stdout holds JSON only.
 */
import { packageVersion } from '../package-version.ts';
import { knowEnvironment } from '../domain/redact.ts';
import { findCommand, parseCommand } from './args.ts';
import { COMMANDS } from './commands/index.ts';
import { EXIT } from './exit-codes.ts';
import { failureOf } from './failure.ts';
import { openOutput, type Output } from './output.ts';
import { commandHelp, overviewHelp } from './render/help.ts';

async function dispatch(words: readonly string[], out: Output, interrupt: AbortController): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = name === 'help' ? rest[0] : undefined;
    if (topic !== undefined) return dispatch([topic, '--help'], out, interrupt);
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
  if (name === '--json' || name === '--no-color') return dispatch([...rest, name], out, interrupt);
  const entry = findCommand(name, COMMANDS);
  const spec = await entry.load();
  const { values, positionals } = parseCommand(spec, rest);
  if (values['help'] === true) {
    out.line(commandHelp(spec));
    out.document({ name: spec.name, usage: spec.usage, about: spec.about, options: spec.options });
    return EXIT.ok;
  }
  if (spec.ownsSignals !== true) listen(interrupt);
  return spec.run({ out, values, positionals, env: process.env, signal: interrupt.signal });
}

/** The first Ctrl-C asks commands to stop, the second one does not ask. */
function listen(interrupt: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
      interrupt.abort();
      // A command that waits in a library for something else than the signal still has to end.
      setTimeout(() => process.exit(EXIT.interrupted), 10_000).unref();
    });
  }
}

async function main(words: readonly string[]): Promise<number> {
  knowEnvironment(process.env);
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  const out = openOutput({
    json: flags.includes('--json'),
    noColor: flags.includes('--no-color'),
    env: process.env,
  });
  const interrupt = new AbortController();
  try {
    return await dispatch(words, out, interrupt);
  } catch (error) {
    const { stack, ...failure } = failureOf(error, interrupt.signal.aborted);
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

// As the first process of a container we get no default action for these: until a command listens, this is it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(EXIT.interrupted);
  });
}
const code = await main(process.argv.slice(2));
// Exit even if a library holds a handle; stdout first, since a pipe may still be taking it.
process.stdout.write('', () => process.exit(code));
