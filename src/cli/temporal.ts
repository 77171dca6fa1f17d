/**
 * The connection of a command, and which switch it means.
 * Invariant: a closed port is told at once, and the connection is closed however the command ends.
 */
import { connect as dial } from 'node:net';
import { connect, connectSettings, EXIT_UNAVAILABLE, listSwitches, type Connected } from '../client/index.ts';
import type { Client } from '@temporalio/client';
import { UserError } from '../domain/errors.ts';
import { text, type Context } from './spec.ts';

/** Runs `use` with a connection made from the command's options and the environment. */
export async function withTemporal<T>(
  context: Context,
  use: (connected: Connected) => Promise<T>,
): Promise<T> {
  const connected = await connect(await checkedAddress(context), context.env);
  try {
    return await use(connected);
  } finally {
    await connected.close();
  }
}

/** The options `--address` and `--namespace`, after a look whether anything listens there. */
export async function checkedAddress(context: Context): Promise<{ address?: string; namespace?: string }> {
  const address = text(context, 'address');
  const namespace = text(context, 'namespace');
  const over = {
    ...(address === undefined ? {} : { address }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const settings = connectSettings(over, context.env);
  if (await isClosed(settings.address, context.env)) {
    throw new UserError(
      `no Temporal server answers at ${settings.address} (namespace ${settings.namespace}): connection refused`,
      {
        hint: 'run `cutover dev` for a local one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE',
        exitCode: EXIT_UNAVAILABLE,
      },
    );
  }
  return over;
}

/** gRPC waits seconds for a port that nobody opens; a refused TCP connection says it in a millisecond. */
function isClosed(address: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const parts = /^\[?([^\]]+)\]?:(\d+)$/.exec(address);
  const proxied = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'grpc_proxy'].some(
    (name) => (env[name] ?? '') !== '',
  );
  const isLocal = /^(localhost|127\.|::1$)/.test(parts?.[1] ?? '');
  if (parts === null || (proxied && !isLocal)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = dial({ host: parts[1] ?? '', port: Number(parts[2]), timeout: 2000 });
    const answer = (closed: boolean): void => {
      socket.destroy();
      resolve(closed);
    };
    socket.once('connect', () => answer(false));
    // A slow network is gRPC's to judge.
    socket.once('timeout', () => answer(false));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'));
  });
}

/** The service named by the first argument, or the only one with an open switch. */
export async function resolveService(client: Client, context: Context): Promise<string> {
  const given = context.positionals[0];
  if (given !== undefined && given !== '') return given.replace(/^cutover\//, '');
  const listed = await listSwitches(client, 200, { open: true });
  const open = [...new Set(listed.map((one) => one.service))];
  const [only, ...others] = open;
  if (only === undefined) {
    throw new UserError('no switch is open, so name the service', {
      hint: 'see `cutover list` for past ones',
    });
  }
  if (others.length > 0) {
    throw new UserError(
      `${open.length} switches are open, so name the service: ${open.slice(0, 10).join(', ')}`,
      {
        hint: 'e.g. `cutover status ' + only + '`',
      },
    );
  }
  return only;
}
