/** Looks of an hour's hold, told by a source that knows no users and judged as they are gathered. */
import assert from 'node:assert/strict';
import { DEFAULT_SETTINGS, lookInput } from '../../scripts/sim-gates/input.ts';
import type { SumsTerms, TrafficTotals } from '../../src/domain/clusters/index.ts';
import type { GateRecord } from '../../src/domain/gate-record.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import { sumsTerms } from '../../src/domain/gates/sums-terms.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';

const HOUR_MS = 3_600_000;
const LOOKS = 12;
const EVERY_MS = HOUR_MS / LOOKS;

export function termsAt(startMs: number, looks: number): SumsTerms {
  const window = { startMs, endMs: startMs + looks * EVERY_MS, holdMs: HOUR_MS, everyMs: EVERY_MS, looks };
  const asked = { to: 'green', from: 'blue', settings: DEFAULT_SETTINGS, catalogue: null } as const;
  return sumsTerms(window, asked) ?? assert.fail('no tick');
}

export async function totalsOf(startMs: number, port: TelemetryPort, looks: number): Promise<TrafficTotals> {
  const query = { service: 'docs', regions: [], terms: termsAt(startMs, looks) };
  return (await port.totals?.(query)) ?? assert.fail('no totals');
}

export async function recordOf(
  startMs: number,
  port: TelemetryPort,
  gate: 'error-rate' | 'latency',
  looks: number,
): Promise<GateRecord> {
  const windowMs = looks * EVERY_MS;
  const asked = { index: looks, planned: LOOKS, windowMs, gates: [gate], slices: [] };
  const input = lookInput({ ...asked, probes: null, catalogue: null });
  const range = { service: 'docs', fromMs: startMs, toMs: startMs + windowMs, regions: [] };
  const totals = {
    now: await totalsOf(startMs, port, looks),
    before: looks > 1 ? await totalsOf(startMs, port, looks - 1) : null,
  };
  const [record] = judge({ ...input, traffic: { ...(await port.window(range)), sums: null, totals } });
  return record ?? assert.fail('no record');
}
