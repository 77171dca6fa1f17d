/**
 * Judges one look: a pure function from evidence to records, so that anybody can recompute every verdict offline.
 * This file only dispatches; each gate's rule is in its own file.
 */
import { overallVerdict, summarize, type GateRecord, type LookInput, type Verdict } from '../gate.ts';
import { RULES } from './rules.ts';
import { record } from './record.ts';

export function judge(input: LookInput): GateRecord[] {
  return input.gates.map((asked) => {
    const blinded = input.judgeErrors.find((error) => error.gates.includes(asked.gate));
    if (blinded !== undefined) {
      return record(input, asked, {
        verdict: 'error',
        reasonCodes: ['judge_error'],
        summary: blinded.message,
      });
    }
    if (asked.gate.startsWith('custom:')) return customRecord(input, asked);
    const rule = RULES[asked.gate as keyof typeof RULES];
    return record(input, asked, rule(input));
  });
}

export function verdictOf(records: readonly GateRecord[]): Verdict {
  return overallVerdict(records.map(summarize));
}

function customRecord(input: LookInput, asked: LookInput['gates'][number]): GateRecord {
  const result = input.custom.find(({ name }) => `custom:${name}` === asked.gate);
  if (result === undefined) {
    return record(input, asked, {
      verdict: 'inconclusive',
      reasonCodes: ['no_data'],
      summary: 'the gate has not answered',
    });
  }
  return record(input, asked, {
    verdict: result.verdict,
    reasonCodes: [`custom_${result.verdict}`],
    summary: result.reason,
    from: { n: result.n ?? 0, value: result.from },
    to: { n: result.n ?? 0, value: result.to },
  });
}
