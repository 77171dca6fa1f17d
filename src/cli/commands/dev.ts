/** `cutover dev`: a Temporal server on this machine, its state in a file, until Ctrl-C. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { startTemporalServer } from '../../dev-server/temporal-server.ts';
import { EXIT } from '../exit-codes.ts';
import { text, type CommandSpec, type Context } from '../spec.ts';

export const dev: CommandSpec = {
  name: 'dev',
  usage: '',
  maxPositionals: 0,
  about:
    'Runs a Temporal dev server on 127.0.0.1 with its web UI. Its state stays in a file, so switches survive a restart. TEMPORAL_ADDRESS is not looked at: this is the server that others then point at.',
  options: {
    port: { type: 'string', value: '<port>', help: 'gRPC port (default 7233)' },
    'ui-port': { type: 'string', value: '<port>', help: 'web UI port (default 8233)' },
    db: { type: 'string', value: '<file>', help: 'state (default .cutover/temporal.db)' },
  },
  examples: ['cutover dev', 'cutover dev --port 7300 --ui-port 8300'],
  run: async (context) => {
    const { out, env, signal } = context;
    const dbFile = path.resolve(text(context, 'db') ?? path.join('.cutover', 'temporal.db'));
    await mkdir(path.dirname(dbFile), { recursive: true }).catch((cause: unknown) => {
      throw new UserError(`the state cannot be kept in ${dbFile}: ${(cause as Error).message}`, {
        hint: 'name a file that can be written: --db <file>',
        cause,
      });
    });
    const { TEMPORAL_ADDRESS: _, ...others } = env;
    const server = await startTemporalServer({
      dbFile,
      port: portOf(context, 'port', 7233),
      uiPort: portOf(context, 'ui-port', 8233),
      env: others,
      onProgress: (line) => out.note(line),
    });
    try {
      const { address, namespace, uiUrl = '' } = server;
      if (out.json) out.record({ address, namespace, uiUrl, dbFile });
      out.line(
        `${out.paint('good', '✔')} Temporal answers at ${out.paint('bold', address)}, namespace ${namespace}`,
      );
      out.line(`  web UI   ${uiUrl}`);
      out.line(`  state    ${dbFile}`);
      if (address !== '127.0.0.1:7233') out.line(`  use it   export TEMPORAL_ADDRESS=${address}`);
      out.line('  next     cutover worker (in another terminal), then cutover start <plan>; Ctrl-C stops');
      await aborted(signal);
    } finally {
      await server.close();
    }
    // Ctrl-C is how this command is meant to end.
    return EXIT.ok;
  },
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A listener alone does not keep Node running.
    const awake = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(awake);
      resolve();
    });
  });
}

function portOf(context: Context, name: string, fallback: number): number {
  const given = text(context, name);
  const port = given === undefined ? fallback : Number(given);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UserError(`--${name} must be a port, 1 to 65535`, { hint: `e.g. --${name} ${fallback}` });
}
