/**
 * The router on Node: what a runtime brings to the one core, put together.
 *
 * Invariant: nothing of a request is kept but in its own promises; `settled` tells when all of them are over.
 */
import type { Color } from '../../domain/color.ts';
import { inTime } from '../../in-time.ts';
import { createAdmin, report } from '../admin.ts';
import type { ServedReport } from '../contract.ts';
import { EdgeCache } from '../edge-cache.ts';
import type { Defer, RouterSettings } from '../job.ts';
import { LogBuffer, type LogSink } from '../log-buffer.ts';
import { createRouter } from '../router.ts';
import type { RouterRequest } from '../router-request.ts';
import type { ReadVariables } from '../settings.ts';
import { Sockets } from '../sockets.ts';
import { latin1Header, personalHeaders } from '../sticky.ts';
import { UserHash } from '../user-hash.ts';
import type { ConfigPoll } from './config-poll.ts';
import { JoinedSockets } from './joined.ts';
import { oneAtATime } from './log-sinks.ts';
import { MemoryCache } from './memory-cache.ts';
import { Origins, type Upgraded } from './origins.ts';

export interface NodeEdgeOptions {
  readonly told: ReadVariables;
  readonly adminToken: string;
  readonly origins: Readonly<Record<Color, URL>>;
  /** How long an idle connection to a color is kept, ms. */
  readonly originIdleMs: number;
  readonly maxBodyBytes: number;
  readonly cacheBytes: number;
  readonly config: ConfigPoll;
  readonly sinks: readonly LogSink[];
  /** Tells one process from the others of its router, as cache names do; '' where it is the only one. */
  readonly processName: string;
  /** What the other processes of this router serve; the oldest of all is reported. */
  readonly others: () => Promise<readonly ServedReport[]>;
  /** What the store holds, for the admin's route. */
  readonly store: () => Promise<Response>;
}

export interface NodeEdge {
  route(request: RouterRequest): Promise<Response>;
  admin(request: Request): Promise<Response>;
  /** What this process alone serves, read anew. */
  report(): Promise<ServedReport>;
  /** The color's end of a WebSocket that `route` answered with 101; joins it to the client's. */
  join(answer: Response, client: Upgraded): boolean;
  readonly sockets: JoinedSockets;
  /** Resolves when every request is over and its line is out, or after so many ms. @returns false when lines are left. */
  settle(withinMs: number): Promise<boolean>;
  close(): void;
}

export function createNodeEdge(options: NodeEdgeOptions): NodeEdge {
  const { told, adminToken, config } = options;
  const settings: RouterSettings = {
    ...told.settings,
    origins: options.origins,
    maxBodyBytes: options.maxBodyBytes,
  };
  const { region, pop } = settings;
  const node = [region, pop, options.processName].filter((part) => part !== '').join('/');
  const memory = new MemoryCache(options.cacheBytes);
  const origins = new Origins({ urls: options.origins, idleMs: options.originIdleMs });
  const sockets = new Sockets(told.socketGraceMs);
  const joined = new JoinedSockets(sockets);
  const users = new UserHash(told.userSecret.own, told.userSecret.fallback);
  const logs = options.sinks.map((sink) => new LogBuffer(oneAtATime(sink), false));
  const joins = new WeakMap<Response, (client: Upgraded) => void>();
  const underWay = new Set<Promise<unknown>>();
  const defer: Defer = (work) => {
    const over: Promise<unknown> = work.catch(() => undefined).finally(() => underWay.delete(over));
    underWay.add(over);
  };
  const cache = new EdgeCache({
    service: settings.service,
    routes: told.cacheRoutes,
    personal: personalHeaders(settings.sticky),
    open: () => Promise.resolve(memory),
    node: () => node,
    faults: { cacheLeak: false },
  });
  const route = createRouter(settings, {
    served: () => Promise.resolve(config.peek()),
    origin: (color, target, init) => origins.send(color, target, init),
    cache,
    pipe: null,
    upgrade(received, headers, watch) {
      const origin = origins.upgradedOf(received);
      if (origin === undefined) return null;
      const answer = Object.defineProperty(new Response(null, { headers }), 'status', { value: 101 });
      joins.set(answer, (client) => joined.join(client, origin, watch));
      return answer;
    },
    userHash: (key) => users.of(key),
    headerText: latin1Header,
    log(line, defer) {
      for (const one of logs) one.push(line, defer);
    },
    clock: () => performance.now(),
  });
  const ports = {
    place: settings,
    defaultColor: settings.defaultColor,
    token: adminToken,
    sticky: settings.sticky,
    dialects: told.dialects,
    sockets: () => sockets.open,
    others: options.others,
    async served() {
      await config.refresh();
      return config.peek();
    },
    store: () => ({
      // It only reads: whoever writes goes to the store itself.
      fetch: async (_url: string, init?: RequestInit) =>
        init?.method === 'PUT'
          ? Response.json({ error: 'this router reads its store and does not write to it' }, { status: 405 })
          : await options.store(),
    }),
    cache,
    async flushLogs() {
      const flushed = await Promise.all(logs.map((one) => one.drain()));
      return flushed.every(Boolean);
    },
    faults: null,
  };
  const admin = createAdmin(ports);
  return {
    route: (request) => route(request, defer),
    admin: (request) => admin(request, defer),
    report: () => report(ports, defer),
    join(answer, client) {
      const join = joins.get(answer);
      join?.(client);
      return join !== undefined;
    },
    sockets: joined,
    async settle(withinMs) {
      const untilMs = performance.now() + withinMs;
      while (underWay.size > 0 && performance.now() < untilMs) {
        await inTime(Promise.all(underWay), untilMs - performance.now());
      }
      return await ports.flushLogs();
    },
    close() {
      config.stop();
      origins.close();
    },
  };
}
