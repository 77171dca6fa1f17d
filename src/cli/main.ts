/**
 * The process of the `cutover` command: its streams, its signals and its end.
 * Invariant: the process ends with the code of `run`, however many handles a library holds.
 */
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const { stdin, stdout, stderr, env } = process;
const interrupt = new AbortController();

// As the first process of a container we get no default action for these: until a command listens, this is it.
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(EXIT.interrupted);
  });
}
// `| head` closes the pipe early: that ends the command quietly, it is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.bug);
});
// Nobody reads what is said to people (a terminal that was closed): the command still ends as it should.
stderr.on('error', () => undefined);

/** The first Ctrl-C asks commands to stop, the second one does not ask. */
function onListen(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
      interrupt.abort();
      // A command that waits in a library for something else than the signal still has to end.
      setTimeout(() => process.exit(EXIT.interrupted), 10_000).unref();
    });
  }
}

const { signal } = interrupt;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal, onListen });
// Exit even if a library holds a handle; stdout first, since a pipe may still be taking it.
stdout.write('', () => process.exit(code));
