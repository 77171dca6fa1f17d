/**
 * Whole switches of the demo whose users' traffic is read from logs of vendors, written beside the edge's own while users ask: each ends as
 * it would by the edge's log. Then each stored look is read once more, from the edge's log and from each vendor's, and judged again.
 * FORMATS=all (or a list) takes a switch of each format; by default one of Workers Trace Events.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENDINGS } from '../../examples/docs-rag/demo/endings.ts';
import { performSwitch, REGIONS, startWorker, type Performed } from '../../examples/docs-rag/demo/switch.ts';
import { startStack, type Stack, type StackFault } from '../../examples/docs-rag/stack.ts';
import { connect } from '../../src/client/connect.ts';
import { withoutFields } from '../../src/domain/asked-gates.ts';
import { countLines, type TrafficSums } from '../../src/domain/clusters/index.ts';
import { gatesThatNeed, type GateName, type Verdict } from '../../src/domain/gate.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { sumsLimits } from '../../src/domain/gates/sums-terms.ts';
import { REPLAYED, type LookInput } from '../../src/domain/look-input.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import { readLook } from '../../src/evidence/index.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { folderEvidence } from '../../src/providers/folder/index.ts';
import { counted } from '../providers/drawn-lines.ts';
import { alb } from '../support/vendor-logs/alb.ts';
import type { VendorFormat } from '../support/vendor-logs/format.ts';
import { followEdge, type VendorLogs } from '../support/vendor-logs/live.ts';
import { otlp } from '../support/vendor-logs/otlp.ts';
import { workersTrace } from '../support/vendor-logs/workers-trace.ts';
import { testEnv } from '../support/temporal.ts';

/** What each format cannot answer. */
const LACKS: Readonly<Record<string, readonly string[]>> = {
  'workers-trace': [],
  alb: ['cold-start', 'stickiness', 'cache'],
  otlp: ['cold-start', 'stickiness', 'cache'],
};
const FORMATS = [workersTrace, alb, otlp];
const chosen = process.env['FORMATS'] ?? 'workers-trace';
/** A switch of each format: what is broken in it, so that it shows in this log. */
const SWITCHES = (
  [
    [workersTrace, 'cache-leak'],
    [alb, 'slow-tail'],
    [otlp, 'none'],
  ] as const
).filter(([{ format }]) => chosen === 'all' || chosen.split(',').includes(format));
/** How often the vendors deliver here, and how long a look waits for them. */
const EVERY_MS = 300;
const LAG = '1s';

let dir: string;
let stack: Stack;
let vendors: VendorLogs;
let closers: (() => Promise<void>)[] = [];
let perform: (name: string, fault: StackFault, format: VendorFormat) => Promise<Performed>;
const looks: LookInput[] = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cutover-vendor-logs-'));
  const temporal = await startTemporalServer({ env: testEnv(), dbFile: join(dir, 'temporal.db') });
  closers.push(() => temporal.close());
  stack = await startStack({ dir: join(dir, 'stack'), regions: REGIONS });
  closers.push(() => stack.close());
  vendors = followEdge(join(dir, 'stack/edge/requests.ndjson'), join(dir, 'vendors'), FORMATS, EVERY_MS);
  closers.push(() => vendors.close());
  const worker = await startWorker(dir, stack, temporal);
  closers.push(() => worker.close());
  const { client, close } = await connect({ address: temporal.address, namespace: temporal.namespace });
  closers.push(close);
  perform = async (name, fault, format) => {
    const at = join(dir, name);
    const performed = await performSwitch({
      dir: at,
      stack,
      client,
      fault,
      whenAsked: 'look again',
      out: () => undefined,
      telemetry: { use: 'duckdb', path: vendors.glob(format), format: format.format, lag: LAG },
    });
    await stack.setFault('none');
    const store = folderEvidence({ use: 'folder', path: join(at, 'evidence') });
    for (const event of performed.events) {
      if (event.type !== 'looked' || event.evidence === '') continue;
      looks.push((await readLook(store, event.evidence)).input);
    }
    return performed;
  };
});

after(async () => {
  for (const close of closers.toReversed()) await close().catch(() => undefined);
  closers = [];
  await rm(dir, { recursive: true, force: true });
});

function endsAsItShould({ outcome, ledger }: Performed, fault: StackFault): void {
  const { outcome: kind, gate } = ENDINGS[fault];
  const said = JSON.stringify(outcome).slice(0, 600);
  assert.equal(outcome.kind, kind, said);
  if (outcome.kind === 'rolled-back') assert.equal(outcome.gate, gate, said);
  for (const check of ledger.checks) assert.ok(check.ok, `${check.name}: ${check.detail}`);
}

/** Gates that the switch says it did not ask. */
function unasked({ events }: Performed): string[] {
  const skipped = events.flatMap((event) =>
    event.type === 'looked' ? event.gates.filter(({ verdict }) => verdict === 'skipped') : [],
  );
  return [...new Set(skipped.map(({ gate }) => gate))].toSorted();
}

void describe('a switch judged from a vendor’s log', () => {
  for (const [format, fault] of SWITCHES) {
    void it(`of format ${format.format} with ${fault} ends as by the edge’s log, and says which gates nobody asked`, async () => {
      const performed = await perform(format.format, fault, format);
      endsAsItShould(performed, fault);
      const skipped = unasked(performed);
      for (const gate of ['cache', 'stickiness'])
        assert.equal(skipped.includes(gate), LACKS[format.format]?.includes(gate), gate);
    });
  }
});

/** The look as this telemetry tells it, now that every line is written. */
async function told(input: LookInput, port: TelemetryPort, sums: TrafficSums | null): Promise<LookInput> {
  const { traffic, settings } = input;
  assert.ok(traffic !== null);
  const range = { service: 'docs-rag', fromMs: traffic.fromMs, toMs: traffic.toMs, regions: [] };
  const counts = await port.window(range);
  const replays = traffic.slices.filter(({ region }) => region === REPLAYED.region);
  const gates = input.gates.map((one) =>
    one.skip?.code === 'no-lines' ? { gate: one.gate, role: one.role } : one,
  );
  return {
    ...input,
    settings,
    gates: input.stage === 'shadow' ? gates : withoutFields(gates, port.blind ?? {}),
    traffic: { ...counts, slices: [...counts.slices, ...replays], sums },
  };
}

async function sumsOf(input: LookInput, port: TelemetryPort): Promise<TrafficSums | null> {
  const terms = input.traffic?.sums?.terms;
  if (terms === undefined) return null;
  return port.sums({ service: 'docs-rag', regions: [], terms }, (seen) =>
    sumsLimits(seen, terms, input.settings, input.baseline),
  );
}

function sumsInMemory(input: LookInput, lines: readonly RequestLine[]): TrafficSums | null {
  const terms = input.traffic?.sums?.terms;
  if (terms === undefined) return null;
  return countLines(counted(lines), terms, (seen) => sumsLimits(seen, terms, input.settings, input.baseline));
}

const verdicts = (input: LookInput): Map<GateName, Verdict> =>
  new Map(judge(input).map(({ gate, verdict }) => [gate, verdict]));

void describe('the looks of these switches, read again', () => {
  for (const format of FORMATS) {
    void it(`from ${format.format} have the sums of its requests, and the verdicts of the edge’s log`, async () => {
      const lines = await vendors.lines();
      const left = lines.flatMap((line) => format.told(line) ?? []);
      const scope = { env: {}, service: 'docs-rag' };
      const native = duckdbTelemetry({ use: 'duckdb', path: stack.logGlob }, scope);
      const path = vendors.glob(format);
      const foreign = duckdbTelemetry({ use: 'duckdb', path, format: format.format }, scope);
      const asked: readonly string[] = gatesThatNeed('traffic');
      let judged = 0;
      const differing: string[] = [];
      for (const input of looks) {
        if (input.traffic === null) continue;
        const sums = await sumsOf(input, foreign);
        assert.deepEqual(sums, sumsInMemory(input, left), `${input.step}, look ${input.look.index}`);
        const ours = verdicts(await told(input, native, await sumsOf(input, native)));
        const theirs = await told(input, foreign, sums);
        for (const [gate, verdict] of verdicts(theirs)) {
          const { skip } = theirs.gates.find((one) => one.gate === gate) ?? {};
          assert.equal(skip?.code === 'no-lines', isLacking(input, format, gate), `${input.step}: ${gate}`);
          if (skip !== undefined) continue;
          if (asked.includes(gate)) judged += 1;
          const there = ours.get(gate);
          if (verdict !== there)
            differing.push(
              `${input.step}, look ${input.look.index}: ${gate}: ${verdict}, by the edge’s log ${there}`,
            );
        }
      }
      await native.close?.();
      await foreign.close?.();
      assert.deepEqual(differing, []);
      assert.ok(judged >= 4, `${judged} verdicts were compared`);
    });
  }
});

/** Whether the log lacks a field without which the gate has nothing to ask. */
function isLacking({ stage, gates }: LookInput, { format }: VendorFormat, gate: GateName): boolean {
  const isAbsent = gates.some(
    (one) => one.gate === gate && one.skip !== undefined && one.skip.code !== 'no-lines',
  );
  return stage !== 'shadow' && !isAbsent && LACKS[format]?.includes(gate) === true;
}
