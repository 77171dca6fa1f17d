/** `cutover router`: the process that stands before both colors and sends each user to one of them, until it is told to stop. */
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { isClusterWorker, joinCluster, processName, supervise } from '../../edge/node/cluster.ts';
import { readConfigFile } from '../../edge/node/config-file.ts';
import { ConfigPoll } from '../../edge/node/config-poll.ts';
import { fileSink, httpSink, otlpSink, saying, stdoutSink } from '../../edge/node/log-sinks.ts';
import type { LogSink } from '../../edge/log-buffer.ts';
import { createNodeEdge } from '../../edge/node/node-edge.ts';
import { serve } from '../../edge/node/serve.ts';
import { openPort } from '../../providers/open.ts';
import { UserError } from '../../domain/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { routerOptions, type RouterOptions } from '../router-options.ts';
import type { CommandSpec, Context } from '../spec.ts';

export const router: CommandSpec = {
  name: 'router',
  usage: '--config <file or store>',
  maxPositionals: 0,
  about:
    'Serves users on this machine, behind any load balancer, and sends each to one color as the edge config says. Secrets come from the environment only: ADMIN_TOKEN, PIN_SECRETS, CUTOVER_USER_SECRET. SIGTERM, SIGINT and SIGHUP drain and end with 0.',
  options: {
    config: {
      type: 'string',
      value: '<where>',
      help: 'a file, an address like redis://host:6379/0, a store’s name, or its reference in a plan as JSON',
    },
    service: { type: 'string', value: '<name>', help: 'the service of the plan (default: SERVICE)' },
    blue: { type: 'string', value: '<url>', help: 'address of the blue stack (default: ORIGIN_BLUE)' },
    green: { type: 'string', value: '<url>', help: 'address of the green stack (default: ORIGIN_GREEN)' },
    listen: { type: 'string', value: '<host:port>', help: 'default 127.0.0.1:8080' },
    region: {
      type: 'string',
      value: '<name>',
      help: 'as the plan names this entry (default: REGION, else global)',
    },
    sticky: {
      type: 'string',
      value: '<key>',
      help: 'header:<name>, cookie:<name> or anonymous (default: STICKY_…, else header:x-user-id)',
    },
    'trust-forwarded': {
      type: 'boolean',
      help: 'believe X-Forwarded-For, -Host and -Proto: only behind a balancer that sets them',
    },
    log: {
      type: 'string',
      multiple: true,
      value: '<where>',
      help: 'where request lines go: stdout, a path, http(s)://…, otlp:http(s)://…, none; may be repeated (default stdout)',
    },
    cluster: { type: 'string', value: '<n>', help: 'processes that share the port (default 1)' },
    'keep-alive': {
      type: 'string',
      value: '<duration>',
      help: 'longer than the balancer keeps a connection (default 75s)',
    },
    'headers-timeout': {
      type: 'string',
      value: '<duration>',
      help: 'for the headers of a request (default 20s)',
    },
    'request-timeout': {
      type: 'string',
      value: '<duration>',
      help: 'for a whole request to arrive; 0s: no limit (default 5m)',
    },
    'origin-idle': {
      type: 'string',
      value: '<duration>',
      help: 'how long an idle connection to a color is kept: shorter than the color does (default 4s)',
    },
    'max-connections': {
      type: 'string',
      value: '<n>',
      help: 'in each process; more get 503 (default 10000)',
    },
    'max-body': { type: 'string', value: '<size>', help: 'of a request; more gets 413 (default 32MB)' },
    'max-header': { type: 'string', value: '<size>', help: 'of a request; more gets 431 (default 32KB)' },
    cache: { type: 'string', value: '<size>', help: 'answer cache of each process (default 64MB)' },
    'drain-delay': {
      type: 'string',
      value: '<duration>',
      help: 'from SIGTERM until the port closes, while the health route fails (default 5s)',
    },
    'drain-limit': {
      type: 'string',
      value: '<duration>',
      help: 'for requests under way, after that (default 20s)',
    },
  },
  examples: [
    'cutover router --config redis://redis:6379/0 --listen 0.0.0.0:8080',
    'cutover router --config edge.json --blue http://b:80 --green http://g:80',
    'cutover router --config redis --cluster 2 --log lines.ndjson',
  ],
  ownsSignals: true,
  async run(context) {
    const options = routerOptions(context);
    return options.processes > 1 && !isClusterWorker()
      ? await runCluster(context, options)
      : await runOne(context, options);
  },
};

/** What `listen` says of an address that is taken, forbidden or not of this machine. */
const LISTEN_FAULTS: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND']);

async function runCluster(context: Context, { processes }: RouterOptions): Promise<number> {
  const supervised = supervise({
    count: processes,
    say: (line) => context.out.note(`router: ${line}`),
    onReady: (address) => ready(context, address, processes),
  });
  onStop(context, () => supervised.stop());
  return await supervised.over;
}

async function runOne(context: Context, options: RouterOptions): Promise<number> {
  const { told, limits, trustForwarded, host, port, drainDelayMs, drainLimitMs } = options;
  const say = (line: string): void => context.out.note(`router${suffix()}: ${line}`);
  const store = await storeOf(context, options);
  const config = new ConfigPoll({
    load: (signal) => store.read(signal),
    everyMs: told.configTtlMs,
    maxStaleMs: told.maxStaleMs,
    say,
  });
  const edge = createNodeEdge({
    told,
    adminToken: options.adminToken,
    origins: options.origins,
    originIdleMs: options.originIdleMs,
    maxBodyBytes: limits.maxBodyBytes,
    cacheBytes: options.cacheBytes,
    config,
    sinks: sinksOf(options, say),
    processName: processName(),
    others: () => others(),
    store: () => store.answer(),
  });
  const others = isClusterWorker() ? joinCluster(() => edge.report()) : () => Promise.resolve([]);
  const serving = await serve({
    edge,
    config,
    limits,
    trustForwarded,
    host,
    port,
    drainDelayMs,
    drainLimitMs,
    say,
  }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (!LISTEN_FAULTS.has(code)) throw cause;
    throw new UserError(`${host}:${port} cannot be opened (${code})`, {
      hint: 'name a free address of this machine with --listen',
      cause,
    });
  });
  if (!isClusterWorker()) ready(context, serving, 1);
  await new Promise<void>((resolve) => {
    onStop(context, resolve);
    process.once('disconnect', resolve);
  });
  await serving.stop();
  return EXIT.ok;
}

interface OpenStore {
  read(signal: AbortSignal): Promise<EdgeConfig | null>;
  /** To the admin's question what the store holds. */
  answer(): Promise<Response>;
}

async function storeOf({ env }: Context, { source, told, origins }: RouterOptions): Promise<OpenStore> {
  const { service } = told.settings;
  if (source.kind === 'file') {
    const { path } = source;
    const read = (): Promise<EdgeConfig | null> => readConfigFile(path, service);
    return { read, answer: async () => Response.json({ stored: await read(), nowMs: Date.now() }) };
  }
  const port = await openPort('store', source.ref, {
    service,
    env,
    entry: [],
    // A store knows the colors by the config that it holds.
    from: 'blue',
    to: 'green',
    colorUrls: { blue: origins.blue.href, green: origins.green.href },
  });
  return {
    read: (signal) => port.read(signal),
    answer: async () => Response.json({ stored: await port.read(), nowMs: await port.clock() }),
  };
}

function sinksOf(
  { sinks, sinkHeaders, told }: RouterOptions,
  say: (text: string) => void,
): readonly LogSink[] {
  return sinks.map((sink) => {
    if (sink.kind === 'stdout') return saying(stdoutSink(), 'stdout', say);
    if (sink.kind === 'file') return saying(fileSink(sink.path), sink.path, say);
    const { url } = sink;
    const to = sink.kind === 'http' ? httpSink(url, sinkHeaders) : otlpSink(url, sinkHeaders, told.settings);
    // Some collectors take their key in the query.
    return saying(to, url.replace(/[?#].*/s, ''), say);
  });
}

function ready(
  { out }: Context,
  { host, port }: { readonly host: string; readonly port: number },
  processes: number,
): void {
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  out.note(
    `router ready on ${address}${processes === 1 ? '' : `, ${processes} processes`}; SIGTERM drains it`,
  );
  if (out.json) out.record({ ready: true, address, processes });
}

function suffix(): string {
  return isClusterWorker() ? ` ${process.pid}` : '';
}

/**
 * The first signal drains, the second one does not ask. One of several processes takes no second one: a terminal and systemd
 * signal all of them, and then the first process does so again. It ends at once when the first process does.
 */
function onStop({ signal }: Context, stop: () => void): void {
  let isAsked = false;
  const ask = (): void => {
    if (isAsked && isClusterWorker()) return;
    if (isAsked) process.exit(EXIT.interrupted);
    isAsked = true;
    stop();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, ask);
  // Is never the second one: a terminal that is closed sends it twice, and service managers together with SIGTERM.
  process.on('SIGHUP', stop);
  signal.addEventListener('abort', ask, { once: true });
}
