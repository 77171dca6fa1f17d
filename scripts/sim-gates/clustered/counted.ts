/**
 * Holds as a source tells them that counts requests and knows no users (Prometheus, CloudWatch): judged by the gate itself, look by look.
 * Invariant: such a source sees each failure, so a user's repeats are drawn and not left out.
 */
import { timeUnits, type Grid, type TrafficTotals } from '../../../src/domain/clusters/index.ts';
import { judge } from '../../../src/domain/gates/judge.ts';
import { OVER_TWICE } from '../../../src/domain/gates/without-users.ts';
import { sumsTerms } from '../../../src/domain/gates/sums-terms.ts';
import { DEFAULT_SETTINGS, lookInput, START_MS } from '../input.ts';
import { drawsOf } from './draws.ts';
import type { Family, Volume } from './family.ts';
import { LOOK_S, type HoldOutcome } from './hold.ts';
import { drawLines, emptyLines } from './lines.ts';
import { PartLines } from './part.ts';
import { drawWorld } from './world.ts';

const reused = { from: emptyLines(), to: emptyLines() };

export function simulateCountedHold(family: Family, volume: Volume, seed: string): HoldOutcome {
  const draws = drawsOf(seed);
  const world = drawWorld(family, volume, draws);
  drawLines(world, draws, reused.from, reused.to, { keepsRepeats: true });
  const { holdS, users } = world;
  const units = timeUnits(holdS * 1000);
  const tickS = units.tickMs / 1000;
  const cut = { tickS, ticks: Math.round(holdS / tickS), namesInstances: false };
  const arms = {
    to: new PartLines(reused.to, users, cut, null),
    from: new PartLines(reused.from, users, cut, null),
  };
  const gate = family.gate === 'error' ? 'error-rate' : 'latency';
  const looks = holdS / LOOK_S;
  let before: TrafficTotals | null = null;
  let [failedAt, firstAt, atEnd, passed] = [0, 0, false, false];
  for (let look = 1; look <= looks; look += 1) {
    const now = totalsAt(look, looks, { ...units, ticks: Math.round((look * LOOK_S) / tickS) }, arms, family);
    const input = lookInput({
      index: look,
      planned: looks,
      windowMs: look * LOOK_S * 1000,
      holdMs: holdS * 1000,
      gates: [gate],
      slices: [],
      probes: null,
      catalogue: null,
    });
    const traffic = input.traffic === null ? null : { ...input.traffic, totals: { now, before } };
    const [record] = judge({ ...input, traffic });
    before = now;
    if (record?.verdict === 'fail' && failedAt === 0) failedAt = look;
    if (record?.verdict === 'pass') passed = true;
    atEnd = record?.reasonCodes.includes(OVER_TWICE) === true;
    if (atEnd && firstAt === 0) firstAt = look;
  }
  return {
    failedAt: { hold: failedAt, day: 0, early: 0 },
    passed,
    plain: false,
    kayenta: null,
    asked: { firstAt, atEnd },
  };
}

function totalsAt(
  look: number,
  looks: number,
  grid: Grid,
  arms: { readonly to: PartLines; readonly from: PartLines },
  { gate }: Family,
): TrafficTotals {
  const holdMs = looks * LOOK_S * 1000;
  const window = {
    startMs: START_MS,
    endMs: START_MS + look * LOOK_S * 1000,
    holdMs,
    everyMs: LOOK_S * 1000,
    looks: look,
  };
  const terms = sumsTerms(window, {
    to: 'green',
    from: 'blue',
    settings: DEFAULT_SETTINGS,
    catalogue: null,
  });
  if (terms === null || terms.grid.ticks !== grid.ticks) throw new RangeError('a look without its ticks');
  const isTimed = gate === 'latency';
  return {
    source: 'prometheus',
    terms,
    arms: { to: arms.to.totals(terms.grid, isTimed), from: arms.from.totals(terms.grid, isTimed) },
  };
}
