/**
 * A world that crashes: Temporal on a database file, the two-color service under traffic, workers as processes, and proxies before
 * the edge's admin address and both colors. One world serves several switches, one after the other, back and forth.
 * Invariants: loopback only; every process is ended by its own handle, also when a switch goes wrong.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, type Stack } from '../../examples/docs-rag/stack.ts';
import type { Check, SwitchOutcome } from '../../examples/docs-rag/traffic/check.ts';
import { connect, type Connected } from '../../src/client/connect.ts';
import { startSwitch, type SwitchHandle } from '../../src/client/start.ts';
import { identitiesOf, type Identities } from '../../examples/docs-rag/demo/plan-file.ts';
import type { Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Outcome } from '../../src/domain/state.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import type { SwitchInput } from '../../src/workflows/input.ts';
import { testEnv } from '../support/temporal.ts';
import { approve, END_MS, nextEventMs, strike, type Hit, type HitRecord } from './hits.ts';
import { MOMENTS, type Running } from './moments.ts';
import { loadCrashPlan, trimProbes } from './plan.ts';
import { Workers } from './processes.ts';
import { startProxy, type Answered, type Proxy } from './proxy.ts';
import { checkSlice } from './verdict.ts';
import { Watcher } from './watcher.ts';

const REGIONS = ['eu-west', 'us-east'];
const RATE = 40;
/** The discard port: nothing listens on it here. */
const NOBODY = 'http://127.0.0.1:9/';
const SETTLE_MS = 1500;

export interface SwitchSpec {
  readonly from: Color;
  readonly hits: readonly Hit[];
  readonly outcome: SwitchOutcome;
  readonly retire?: boolean;
  readonly grid?: boolean;
}

export interface Switched {
  readonly handle: SwitchHandle;
  readonly outcome: Outcome;
  readonly events: readonly SwitchEvent[];
  readonly hits: readonly HitRecord[];
  readonly config: EdgeConfig;
  readonly firstGeneration: number;
  /** Edge writes that were answered in this switch. */
  readonly writes: readonly Answered[];
  readonly ledger: readonly Check[];
  readonly ms: number;
}

export interface CrashWorld {
  readonly dir: string;
  readonly temporal: TemporalServer;
  readonly stack: Stack;
  readonly workers: Workers;
  readonly edge: Proxy;
  readonly colors: Readonly<Record<Color, Proxy>>;
  readonly connected: Connected;
  switchOnce(spec: SwitchSpec): Promise<Switched>;
  readEdge(): Promise<EdgeConfig>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** People are told through a webhook where nobody listens. */
  readonly notifierDown?: boolean;
}

export async function startCrashWorld({ notifierDown = false }: WorldOptions = {}): Promise<CrashWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-crash-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer().catch(() => undefined);
  };
  try {
    const temporal = await startTemporalServer({
      dbFile: join(dir, 'temporal.db'),
      headless: true,
      env: testEnv(),
      // A worker under SIGSTOP keeps its connection; the sooner it is found dead, the sooner its tasks go to others.
      dynamicConfig: { 'frontend.keepAliveTime': '2s', 'frontend.keepAliveTimeout': '1s' },
    });
    closers.push(() => temporal.close());
    const stack = await startStack({ dir: join(dir, 'stack'), regions: REGIONS, traffic: { rate: RATE } });
    closers.push(() => stack.close());
    const proxy = async (url: string): Promise<Proxy> => {
      const started = await startProxy(url);
      closers.push(() => started.close());
      return started;
    };
    const edge = await proxy(stack.entries[0]?.url ?? '');
    const colors = { blue: await proxy(stack.colors.blue), green: await proxy(stack.colors.green) };
    const workers = new Workers(dir, stack, temporal, notifierDown ? { CUTOVER_WEBHOOK_URL: NOBODY } : {});
    closers.push(() => workers.close());
    const connected = await connect({ address: temporal.address, namespace: temporal.namespace });
    closers.push(() => connected.close());
    const identities = await identitiesOf(stack);
    const probes = await trimProbes(dir);
    await workers.start();
    await stack.traffic.start();
    return compose(
      { dir, temporal, stack, workers, edge, colors, connected },
      { identities, probes, notifierDown, close },
    );
  } catch (error) {
    await close();
    throw error;
  }
}

function compose(
  parts: Omit<CrashWorld, 'switchOnce' | 'readEdge' | 'close'>,
  fixed: { identities: Identities; probes: string; notifierDown: boolean; close: () => Promise<void> },
): CrashWorld {
  let count = 0;
  const world: CrashWorld = {
    ...parts,
    close: fixed.close,
    async readEdge() {
      const answer = await fetch(`${parts.stack.entries[0]?.url}/__cutover/store`, {
        headers: { authorization: `Bearer ${parts.stack.tokens.edgeAdmin}` },
      });
      return ((await answer.json()) as { stored: EdgeConfig }).stored;
    },
    async switchOnce({ retire = false, grid = false, ...spec }) {
      count += 1;
      const dir = join(parts.dir, `switch-${count}`);
      await mkdir(dir, { recursive: true });
      const { stack, edge, colors, connected } = parts;
      if (parts.workers.running.length === 0) await parts.workers.start();
      const offset = count === 1 ? 0 : (await stat(stack.ledger)).size;
      await stack.traffic.start();
      await sleep(SETTLE_MS);
      const alreadyAnswered = edge.answered.length;
      const firstGeneration = (await world.readEdge()).generation;
      const prepared = spec.hits.map((hit) => ({
        ...hit,
        moment: MOMENTS[hit.moment]({ edge, colors, from: spec.from }),
        name: hit.moment,
      }));
      const admin = edge.url;
      const urls = { blue: colors.blue.url, green: colors.green.url };
      const planned = { ...fixed, dir, stack, admin, colors: urls, from: spec.from, retire, grid };
      const { plan, digest } = await loadCrashPlan(planned);
      const startedMs = Date.now();
      const { client } = connected;
      const { workflowId } = await startSwitch(client, { plan, planDigest: digest, by: 'crash-suite' });
      // Whatever run is the latest: an operator may reset a terminated one.
      const handle: SwitchHandle =
        client.workflow.getHandle<(input: SwitchInput) => Promise<Outcome>>(workflowId);
      const watcher = new Watcher(client, handle);
      const run: Running = { handle, watcher, edge, colors, from: spec.from };
      try {
        const hitAt = await strike(world, run, prepared);
        await approve(run);
        const outcome = await watcher.outcome(END_MS);
        const ms = Date.now() - startedMs;
        const { events } = watcher;
        const sliced = { dir: parts.dir, stack, offset, from: spec.from, outcome: spec.outcome };
        const ledger = await checkSlice(sliced);
        const config = await world.readEdge();
        const hits = hitAt.map((hit) => ({ ...hit, standstillMs: nextEventMs(events, hit.atMs) - hit.atMs }));
        const writes = edge.answered.slice(alreadyAnswered);
        return { handle, outcome, events, hits, config, firstGeneration, writes, ledger, ms };
      } finally {
        await watcher.close();
        edge.releaseAll();
        await handle.terminate('the test is over').catch(() => undefined);
      }
    },
  };
  return world;
}
