/** Builds gate records: a rule says what it found, this fills in what every record carries. */
import type { AskedGate, GateArm, GateEffect, GateRecord, LookInput, Offender, Verdict } from '../gate.ts';

/** Raised whenever a rule changes what it decides from the same input. */
export const GATE_VERSION = 1;

const MAX_OFFENDERS = 20;

export interface Ruling {
  readonly verdict: Verdict;
  readonly reasonCodes: readonly string[];
  readonly summary: string;
  readonly from?: Partial<Omit<GateArm, 'color'>>;
  readonly to?: Partial<Omit<GateArm, 'color'>>;
  readonly effect?: GateEffect;
  readonly threshold?: GateRecord['threshold'];
  readonly power?: GateRecord['power'];
  readonly offenders?: readonly Offender[];
}

export function record(input: LookInput, asked: AskedGate, ruling: Ruling): GateRecord {
  const arm = (color: GateArm['color'], given: Ruling['from']): GateArm => ({
    color,
    n: given?.n ?? 0,
    value: given?.value ?? null,
    ci: given?.ci ?? null,
  });
  return {
    recordId: `${input.switchId}/${input.step}/${input.look.index}/${asked.gate}`,
    switchId: input.switchId,
    stage: input.stage,
    step: input.step,
    gate: asked.gate,
    gateVersion: GATE_VERSION,
    look: input.look,
    arms: { from: arm(input.from, ruling.from), to: arm(input.to, ruling.to) },
    effect: ruling.effect ?? null,
    threshold: ruling.threshold ?? { pass: null, block: null, source: 'plan' },
    verdict: ruling.verdict,
    role: asked.role,
    advisory: input.settings.advisory.includes(asked.gate),
    reasonCodes: ruling.reasonCodes,
    summary: ruling.summary,
    power: ruling.power ?? null,
    offenders: (ruling.offenders ?? []).slice(0, MAX_OFFENDERS),
    evidenceRef: '',
  };
}
