/** The hold that every engine is asked about, its looks, and what each costs. */
import { gzipSync } from 'node:zlib';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import {
  BUILT_IN_RULE,
  judgeLatency,
  limitsOf,
  p95Ms,
  timeUnits,
  type SumsTerms,
  type TrafficSums,
} from '../../src/domain/clusters/index.ts';
import { addHistograms } from '../../src/domain/clusters/histogram.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';

export const START = Date.parse('2026-03-02T10:00:00Z');
export const HOLD_MS = 3_600_000;
export const USERS = 1_000_000;
export const ROUTES = 6;
export const REGIONS = 4;
export const INSTANCES = 20;
/** Of the users that are on `to`. */
export const SHARE = 0.25;
/** How many times slower `to` is in the first half. */
export const SLOWER = 3;
const LOOK_MS = HOLD_MS / 12;
const RATIO = 1.25;

export interface Took {
  readonly ms: number;
  /** Of this process. It says on a busy machine, too, what a look would take on an idle one. */
  readonly cpuMs: number;
}

export async function timed<T>(work: () => Promise<T>): Promise<[T, Took]> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, { ms: Math.round(performance.now() - start), cpuMs: Math.round((user + system) / 1000) }];
}

/** @param number of twelve looks */
export async function look(telemetry: TelemetryPort, number: number): Promise<TrafficSums> {
  const terms: SumsTerms = {
    startMs: START,
    holdMs: HOLD_MS,
    grid: { ...timeUnits(HOLD_MS), ticks: number * 5 },
    to: 'green',
    from: 'blue',
    recent: { startMs: START + (number - 2) * LOOK_MS, parts: 6 },
    sameFailureMs: 60_000,
    serverErrors: BUILT_IN_RULE,
    known: [],
    apartBlocks: 2,
  };
  return telemetry.sums({ service: 'docs', regions: [], terms }, (seen) =>
    limitsOf(seen, terms, RATIO, null),
  );
}

/** What the latency gate says at a look. */
export function verdictOf({ parts }: TrafficSums): { readonly verdict?: string; readonly ms: number } {
  const final = parts[0]?.final;
  const start = performance.now();
  const ruling = final
    ? judgeLatency(final, RATIO, {
        grid: final.grid,
        holdMs: HOLD_MS,
        alpha: 1 / 3000,
        passAlpha: null,
        minSamples: 59,
        minUsers: 3,
        early: false,
      })
    : null;
  const ms = Math.round(10 * (performance.now() - start)) / 10;
  return { ms, ...(ruling ? { verdict: ruling.verdict } : {}) };
}

export function evidenceOf(whole: TrafficSums): object {
  const evidence = canonicalJson(whole);
  const arms = whole.parts[0]?.final?.arms;
  const p95 = (histograms: Parameters<typeof addHistograms>[0] = []): number =>
    Math.round(10 * (p95Ms(addHistograms(histograms)) ?? Number.NaN)) / 10;
  return {
    parts: whole.parts.length,
    evidenceKb: Math.round(evidence.length / 1000),
    evidenceGzipKb: Math.round(gzipSync(evidence).length / 1000),
    p95FromHistogram: { to: p95(arms?.to.histograms), from: p95(arms?.from?.histograms) },
    rssMb: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6),
  };
}
