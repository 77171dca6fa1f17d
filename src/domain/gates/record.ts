/**
 * Builds gate records: a rule says what it found, this fills in what every record carries.
 * Invariant: a record is JSON that reads back as itself, bit for bit: no NaN, no infinity, no negative zero.
 */
import { isAdvisory, type AskedGate } from '../gate.ts';
import type { GateArm, GateClusters, GateEffect, GateRecord, GateSeries } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import type { Ruling } from './ruling.ts';

/** Raised whenever a rule changes what it decides from the same input. */
export const GATE_VERSION = 6;

/** Offenders that a record names. */
export const MAX_OFFENDERS = 20;

export function record(input: LookInput, asked: AskedGate, ruling: Ruling): GateRecord {
  const { threshold, power } = ruling;
  return {
    recordId: `${input.switchId}/${input.step}/${input.look.index}/${asked.gate}`,
    switchId: input.switchId,
    stage: input.stage,
    step: input.step,
    gate: asked.gate,
    gateVersion: GATE_VERSION,
    look: input.look,
    arms: {
      from: { color: input.from, ...armOf(ruling.from) },
      to: { color: input.to, ...armOf(ruling.to) },
    },
    effect: effectOf(ruling.effect),
    threshold: {
      pass: finite(threshold?.pass),
      block: finite(threshold?.block),
      source: threshold?.source ?? 'plan',
    },
    verdict: ruling.verdict,
    role: asked.role,
    advisory: isAdvisory(asked, input.settings),
    reasonCodes: ruling.reasonCodes,
    summary: ruling.summary,
    power:
      power === undefined || power === null
        ? null
        : { required: finite(power.required), actual: finite(power.actual) ?? 0, deff: finite(power.deff) },
    offenders: (ruling.offenders ?? [])
      .slice(0, MAX_OFFENDERS)
      .map((one) => ({ ...one, from: finite(one.from), to: finite(one.to) })),
    evidenceRef: '',
    ...(ruling.series === undefined ? {} : { series: ruling.series.map(seriesOf) }),
    ...(ruling.loss === undefined ? {} : { loss: ruling.loss }),
    ...(ruling.clusters === undefined ? {} : { clusters: clustersOf(ruling.clusters) }),
  };
}

function armOf(given: Ruling['from']): Omit<GateArm, 'color'> {
  const [lower, upper] = [finite(given?.ci?.[0]), finite(given?.ci?.[1])];
  return {
    n: finite(given?.n) ?? 0,
    value: finite(given?.value),
    ci: lower === null || upper === null ? null : [lower, upper],
  };
}

function effectOf(effect: GateEffect | null | undefined): GateEffect | null {
  const estimate = finite(effect?.estimate);
  if (effect === null || effect === undefined || estimate === null) return null;
  const { kind, method } = effect;
  return {
    kind,
    estimate,
    lower: finite(effect.lower),
    upper: finite(effect.upper),
    alpha: finite(effect.alpha),
    method,
  };
}

function seriesOf(series: GateSeries): GateSeries {
  const { name, from, to, effect } = series;
  return { name, from: armOf(from), to: armOf(to), effect: effectOf(effect) };
}

function clustersOf(clusters: GateClusters): GateClusters {
  const { designEffect, p, effect, need, scatter } = clusters;
  return {
    ...clusters,
    designEffect: { to: finite(designEffect.to), from: finite(designEffect.from) },
    p: finite(p),
    effect: finite(effect),
    need: finite(need),
    scatter: finite(scatter),
  };
}

/** A number JSON can hold; -0 becomes 0, which is what it would read back as. */
function finite(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : value + 0;
}
