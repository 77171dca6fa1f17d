/**
 * Judges one look: a pure function from evidence to records, so that anybody can recompute every verdict offline.
 * Invariant: a gate that cannot be judged is `error`, never `pass`, and one gate's crash leaves the others standing.
 */
import type { AskedGate } from '../gate.ts';
import type { GateRecord } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { GATES } from './index.ts';
import { record } from './record.ts';
import { inconclusive, skipped, type Rule, type Ruling } from './ruling.ts';

const RULES: ReadonlyMap<string, Rule> = new Map(GATES.map(({ name, rule }) => [name, rule]));

/** One record per asked gate, in the order asked. `evidenceRef` is left empty: the caller knows where the input is stored. */
export function judge(input: LookInput): GateRecord[] {
  return input.gates.map((asked) => record(input, asked, ruled(input, asked)));
}

function ruled(input: LookInput, { gate, skip }: AskedGate): Ruling {
  if (skip !== undefined) return skipped(skip.code, skip.why);
  if (input.settings.off.includes(gate)) {
    return skipped('off', 'The plan does not ask this gate.');
  }
  const blinded = input.judgeErrors.find((error) => error.gates.includes(gate));
  if (blinded !== undefined) return judgeError(blinded.message);
  if (gate.startsWith('custom:')) return custom(input, gate);
  try {
    const rule = RULES.get(gate);
    return rule === undefined ? judgeError(`there is no gate ${gate}`) : rule(input);
  } catch (cause) {
    return judgeError(cause instanceof Error ? cause.message : String(cause));
  }
}

function judgeError(message: string): Ruling {
  return { verdict: 'error', reasonCodes: ['judge_error'], summary: `The judge failed: ${message}` };
}

function custom(input: LookInput, gate: AskedGate['gate']): Ruling {
  const result = input.custom.find(({ name }) => `custom:${name}` === gate);
  if (result === undefined) return inconclusive('no_data', 'The gate has not answered.');
  return {
    verdict: result.verdict,
    reasonCodes: [`custom_${result.verdict}`],
    summary: result.reason,
    from: { n: result.n ?? 0, value: result.from },
    to: { n: result.n ?? 0, value: result.to },
  };
}
