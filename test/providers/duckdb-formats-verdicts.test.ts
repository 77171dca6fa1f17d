/**
 * Holds of an hour in the logs of vendors, delivered as vendors deliver them: each gate that a format can answer has the verdict that it has
 * from the router's own lines of the same requests, and the others are named.
 */
import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DEFAULT_SETTINGS, lookInput, START_MS } from '../../scripts/sim-gates/input.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { withoutFields } from '../../src/domain/asked-gates.ts';
import { countLines, type TrafficSums } from '../../src/domain/clusters/index.ts';
import { gatesThatNeed, type BuiltInGate, type Verdict } from '../../src/domain/gate.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { sumsLimits } from '../../src/domain/gates/sums-terms.ts';
import { murmur3 } from '../../src/domain/murmur3.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { alb } from '../support/vendor-logs/alb.ts';
import type { VendorFormat } from '../support/vendor-logs/format.ts';
import { otlp } from '../support/vendor-logs/otlp.ts';
import { workersTrace } from '../support/vendor-logs/workers-trace.ts';
import { counted } from './drawn-lines.ts';
import { termsAt } from './judged-hour.ts';

const HOUR_MS = 3_600_000;
const LOOKS = 12;
const DELIVERY_MS = 300_000;
const PER_MINUTE = 120;
const GATES = gatesThatNeed('traffic').filter((gate) => gate !== 'identity');

const LACKS: Readonly<Record<string, readonly BuiltInGate[]>> = {
  'workers-trace': [],
  alb: ['cache', 'cold-start', 'stickiness'],
  otlp: ['cache', 'cold-start', 'stickiness'],
};

type Fault = 'none' | 'slow' | 'errors' | 'cache';

/** Which gate each fault must fail by the router's lines. */
const FAILS: Readonly<Record<Fault, BuiltInGate | null>> = {
  none: null,
  slow: 'latency',
  errors: 'error-rate',
  cache: 'cache',
};

/** An hour of users, half of them on green, the same in every run. */
function hourOf(fault: Fault): RequestLine[] {
  let n = 0;
  const roll = (): number => murmur3(`${fault}/${(n += 1)}`) / 2 ** 32;
  const users = Array.from({ length: 600 }, (_, i) => ({
    user: murmur3(`u${i}`).toString(16).padStart(8, '0') + murmur3(`v${i}`).toString(16).padStart(8, '0'),
    color: i % 2 === 0 ? ('blue' as const) : ('green' as const),
    region: i % 3 === 0 ? 'us' : 'eu',
  }));
  return Array.from({ length: (PER_MINUTE * HOUR_MS) / 60_000 }, (_, i) => {
    const { user, color, region } = users[Math.floor(roll() * users.length)] ?? assert.fail();
    const isBad = roll() < (fault === 'errors' && color === 'green' ? 0.08 : 0.004);
    const slower = fault === 'slow' && color === 'green' ? 1.8 : 1;
    const tfinal = Math.round(100 * slower * Math.exp(4 + 0.5 * (roll() + roll() + roll() - 1.5))) / 100;
    const leaks = fault === 'cache' && color === 'green' && roll() < 0.05;
    const key = `/v1/answer?q=${Math.floor(40 * roll())}`;
    return requestLine({
      id: `${fault}-${i}`,
      ts: new Date(
        START_MS + Math.floor((i * HOUR_MS) / (PER_MINUTE * 60)) + Math.floor(200 * roll()),
      ).toISOString(),
      color,
      user,
      region,
      route: '/v1/answer',
      release: `docs-${color}-7`,
      instance: `10.0.0.${1 + Math.floor(4 * roll()) + (color === 'blue' ? 0 : 4)}:8080`,
      cold: roll() < 0.01,
      cache: {
        prefix: `docs:${leaks ? 'blue' : color}:1`,
        key,
        hit: roll() < 0.8,
        node: 'eu/cdg1',
        ttl_s: null,
      },
      status: isBad ? 503 : 200,
      error: isBad ? 'headers:http_5xx:503' : null,
      latency_ms: { tffb: tfinal / 4, tusable: tfinal, tfinal },
    });
  });
}

async function deliver(dir: string, format: VendorFormat, lines: readonly RequestLine[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (let index = 0; index * DELIVERY_MS < HOUR_MS; index += 1) {
    const fromMs = START_MS + index * DELIVERY_MS;
    const toMs = fromMs + DELIVERY_MS;
    const text = format.batch(lines.filter(({ ts }) => Date.parse(ts) >= fromMs && Date.parse(ts) < toMs));
    const { name, isPacked } = format.file({ index, fromMs, toMs });
    await (isPacked ? writeFile(join(dir, name), gzipSync(text)) : appendFile(join(dir, name), text));
  }
}

interface Judged {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly skipped: readonly string[];
  readonly sums: TrafficSums;
}

async function judgedBy(port: TelemetryPort, looks: number): Promise<Judged> {
  const terms = termsAt(START_MS, looks);
  const windowMs = (looks * HOUR_MS) / LOOKS;
  const range = { service: 'docs', regions: [] };
  const sums = await port.sums({ ...range, terms }, (seen) =>
    sumsLimits(seen, terms, DEFAULT_SETTINGS, null),
  );
  const counts = await port.window({ ...range, fromMs: START_MS, toMs: START_MS + windowMs });
  const input = lookInput({
    index: looks,
    planned: LOOKS,
    windowMs,
    gates: GATES,
    slices: [],
    probes: null,
    catalogue: null,
  });
  const gates = withoutFields(input.gates, port.blind ?? {});
  const records = judge({ ...input, gates, traffic: { ...counts, sums } });
  return {
    verdicts: new Map(records.map(({ gate, verdict }) => [gate, verdict])),
    skipped: gates.flatMap(({ gate, skip }) => (skip?.code === 'no-lines' ? [gate] : [])),
    sums,
  };
}

for (const fault of Object.keys(FAILS) as Fault[]) {
  void describe(`an hour with ${fault === 'none' ? 'two colors alike' : `a fault of green: ${fault}`}`, () => {
    const lines = hourOf(fault);
    const ours: Judged[] = [];
    const at = [4, LOOKS];
    let dir = '';

    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'cutover-verdicts-'));
      await writeFile(join(dir, 'edge.ndjson'), ndjson(lines));
      const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
      for (const looks of at) ours.push(await judgedBy(port, looks));
      await port.close?.();
      const gate = FAILS[fault];
      const failed = Array.from(ours[1]?.verdicts ?? []).filter(([, verdict]) => verdict === 'fail');
      assert.deepEqual(
        failed.map(([name]) => name),
        gate === null ? [] : [gate],
        'by the router’s lines',
      );
    });
    after(() => rm(dir, { recursive: true, force: true }));

    for (const format of [workersTrace, alb, otlp]) {
      void it(`has in logs of format ${format.format} the sums and verdicts of the router’s lines`, async () => {
        await deliver(join(dir, format.format), format, lines);
        const path = join(dir, format.format, format.glob);
        const scope = { env: {}, service: 'docs' };
        const port = duckdbTelemetry({ use: 'duckdb', path, format: format.format }, scope);
        const told = counted(lines.flatMap((line) => format.told(line) ?? []));
        for (const [i, looks] of at.entries()) {
          const { verdicts, skipped, sums } = await judgedBy(port, looks);
          const { terms } = sums;
          const expected = countLines(told, terms, (seen) => sumsLimits(seen, terms, DEFAULT_SETTINGS, null));
          assert.deepEqual(sums, expected, `look ${looks}`);
          assert.deepEqual(skipped.toSorted(), LACKS[format.format]);
          const asked = [...verdicts].filter(([gate]) => !skipped.includes(gate));
          assert.deepEqual(
            asked,
            asked.map(([gate]) => [gate, ours[i]?.verdicts.get(gate)]),
            `look ${looks}`,
          );
          for (const gate of skipped) assert.equal(verdicts.get(gate as BuiltInGate), 'skipped');
        }
        await port.close?.();
      });
    }
  });
}
