/**
 * Judges one look: a pure function from evidence to records, so that anybody can recompute every verdict offline.
 * Invariant: a gate that cannot be judged is `error`, never `pass`, and one gate's crash leaves the others standing.
 */
import type { AskedGate, BuiltInGate, Verdict } from '../gate.ts';
import { overallVerdict, summarize, type GateRecord } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { brokenDown } from './breakdown.ts';
import { cache } from './cache.ts';
import { coldStart } from './cold-start.ts';
import { coverage } from './coverage.ts';
import { dedupe } from './dedupe.ts';
import { deltaS } from './delta-s.ts';
import { egress } from './egress.ts';
import { errorNovelty } from './error-novelty.ts';
import { errorRate } from './error-rate.ts';
import { identity } from './identity.ts';
import { lambda } from './lambda.ts';
import { latency } from './latency.ts';
import { queueAge } from './queue-age.ts';
import { record } from './record.ts';
import { inconclusive, skipped, type Rule, type Ruling } from './ruling.ts';
import { schema } from './schema.ts';
import { stickiness } from './stickiness.ts';

/** The rule of each built-in gate. */
const RULES: Readonly<Record<BuiltInGate, Rule>> = {
  identity,
  schema,
  'delta-s': deltaS,
  coverage,
  lambda,
  latency: brokenDown(latency),
  'error-rate': brokenDown(errorRate),
  'error-novelty': errorNovelty,
  cache: brokenDown(cache),
  'cold-start': coldStart,
  egress,
  dedupe,
  'queue-age': queueAge,
  stickiness,
};

/** One record per asked gate, in the order asked. `evidenceRef` is left empty: the caller knows where the input is stored. */
export function judge(input: LookInput): GateRecord[] {
  return input.gates.map((asked) => record(input, asked, ruled(input, asked)));
}

export function verdictOf(records: readonly GateRecord[]): Verdict {
  return overallVerdict(records.map(summarize));
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
    const rule: Rule | undefined = RULES[gate as BuiltInGate];
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
