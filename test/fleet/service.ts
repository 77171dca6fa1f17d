/**
 * A scripted service that several worker processes share over HTTP, and the provider package through which each of them reaches it:
 * installed into the worker's own folder, as a user would.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { PartHistograms, PartLimits } from '../../src/domain/clusters/index.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { SumsQuery, TelemetryPort } from '../../src/ports/index.ts';
import { colorOf, routerOf, storeOf, telemetryOf, warmupOf } from '../support/scripted-ports.ts';
import { ScriptedService } from '../support/scripted-service.ts';

export const PACKAGE = 'fleet-provider';

/** Runs in the worker; every call is one request. */
const MODULE = `
const call = (env, port, method, args) =>
  fetch(env.FLEET_SERVICE, {
    method: 'POST',
    body: JSON.stringify({ port, method, args, pid: process.pid }),
  }).then(async (answer) => {
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).result ?? null;
  });
const port = (env, name, methods) =>
  Object.fromEntries(methods.map((method) => [method, (...args) => call(env, name, method, args)]));
export const provider = {
  name: '${PACKAGE}',
  edge: (ref, { env }) => {
    const { store, router } = JSON.parse(env.FLEET_CAPABILITIES);
    return {
      store: { ...port(env, 'store', ['read', 'clock', 'compareAndSet']), capabilities: store },
      router: { ...port(env, 'router', ['observe']), capabilities: router },
    };
  },
  color: (ref, { env }) => port(env, 'color', ['health', 'retire']),
  warmup: (ref, { env }) => port(env, 'warmup', ['warm', 'release']),
  telemetry: (ref, { env }) => ({
    ...port(env, 'telemetry', ['window', 'blocks', 'catalogue', 'popularKeys', 'sample', 'hourly']),
    // A function does not travel: what it is asked between the two passes is a request of its own.
    sums: async (query, limits) =>
      call(env, 'telemetry', 'sums', [query, limits(await call(env, 'telemetry', 'seen', [query]))]),
  }),
  gate: (ref, { env }) => port(env, 'gate', ['judge']),
};
`;

export interface SharedService {
  readonly service: ScriptedService;
  /** What a worker needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** Processes that asked for a verdict, in order. */
  readonly judges: number[];
  close(): void;
}

export async function startService(name: string): Promise<SharedService> {
  const service = new ScriptedService(name);
  const judges: number[] = [];
  const store = storeOf(service);
  const ports: Record<string, object> = {
    router: routerOf(service),
    store: {
      ...store,
      clock: async () => Date.now(),
      // Here real time passes, not the skipped one of an activity in this process.
      compareAndSet: ({ ...next }: EdgeConfig, { freezeForMs, ...context }: { freezeForMs?: number }) =>
        store.compareAndSet(
          freezeForMs === undefined ? next : { ...next, freezeUntilMs: Date.now() + freezeForMs },
          context as Parameters<typeof store.compareAndSet>[1],
        ),
    },
    color: colorOf(service),
    warmup: warmupOf(service),
    telemetry: overHttp(telemetryOf(service)),
    gate: {
      async judge({ name: gate, step }: { name: string; step: string }) {
        await service.pass(`gate:${step}`);
        const verdict = service.verdictAt(step);
        return { name: gate, verdict, reason: `${verdict} as scripted`, from: 1, to: 1, n: 100 };
      },
    },
  };
  const server = createServer((request, response) => {
    const answer = async (): Promise<unknown> => {
      const { port, method, args, pid } = (await json(request)) as {
        port: string;
        method: string;
        args: unknown[];
        pid: number;
      };
      if (port === 'gate') judges.push(pid);
      const target = ports[port] as Record<string, (...given: unknown[]) => Promise<unknown>>;
      return target[method]?.(...args);
    };
    answer().then(
      (result) => response.end(JSON.stringify({ result })),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    service,
    judges,
    env: {
      FLEET_SERVICE: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      FLEET_CAPABILITIES: JSON.stringify(service.capabilities),
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function overHttp(telemetry: TelemetryPort): object {
  const sums = (query: SumsQuery, limits: readonly PartLimits[]) => telemetry.sums(query, () => limits);
  const seen = async (query: SumsQuery): Promise<readonly PartHistograms[]> => {
    let first: readonly PartHistograms[] = [];
    await telemetry.sums(query, (one) => {
      first = one;
      return [];
    });
    return first;
  };
  return { ...telemetry, sums, seen };
}

/** Installs the provider package into a worker's folder. */
export async function installProvider(folder: string): Promise<void> {
  const home = join(folder, 'node_modules', PACKAGE);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'index.js'), MODULE);
  await writeFile(
    join(home, 'package.json'),
    JSON.stringify({ name: PACKAGE, version: '1.0.0', type: 'module', main: 'index.js' }),
  );
}
