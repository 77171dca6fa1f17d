/**
 * Which fields of a custom gate go together; the schema cannot say it and still name the field that is wrong.
 *
 * Invariant: the plan's lint and the provider ask the same function, so a gate that loads is a gate that can be asked.
 */
import type { z } from 'zod';
import type { customGateFile } from './schema-gates.ts';

export type CustomGateFile = z.infer<typeof customGateFile>;

export interface GateFault {
  readonly key: keyof CustomGateFile;
  readonly message: string;
  readonly fix: string;
}

const LIMITS = ['max', 'min', 'maxRatio', 'maxIncrease'] as const;
const PROMETHEUS_ONLY = ['query', 'from', 'to', 'compare', 'samples', ...LIMITS, 'allowWarnings'] as const;
const BY_COLOR = /\{\{\s*color\s*\}\}/;

/** @returns what is wrong, most basic first; empty when the gate can be asked. */
export function customGateFaults(gate: CustomGateFile): GateFault[] {
  return gate.kind === 'http' ? foreign(gate, PROMETHEUS_ONLY) : prometheusFaults(gate);
}

function foreign(gate: CustomGateFile, keys: readonly (keyof CustomGateFile)[]): GateFault[] {
  return keys
    .filter((key) => gate[key] !== undefined)
    .map((key) => ({
      key,
      message: `is no field of kind ${gate.kind}`,
      fix: 'remove it, or change the kind',
    }));
}

function prometheusFaults(gate: CustomGateFile): GateFault[] {
  const faults = foreign(gate, ['wait']);
  const add = (key: GateFault['key'], message: string, fix: string): void =>
    void faults.push({ key, message, fix });
  const forms = (['query', 'compare', 'from'] as const).filter((key) =>
    key === 'from' ? gate.from !== undefined || gate.to !== undefined : gate[key] !== undefined,
  );
  const [form, second] = forms;
  if (form === undefined) add('kind', 'asks nothing', 'write query, from and to, or compare');
  if (second !== undefined) add(second, `stands beside ${String(form)}`, 'keep one of them');
  if (form === 'from' && gate.from === undefined) add('to', 'has no `from` beside it', 'write both');
  if (form === 'from' && gate.to === undefined) add('from', 'has no `to` beside it', 'write both');
  if (form === 'query' && !BY_COLOR.test(gate.query ?? '')) {
    add('query', 'holds no {{color}}, so both colors would be asked the same', 'write {{color}}, or compare');
  }
  if (form === 'compare') {
    for (const key of ['maxRatio', 'maxIncrease'] as const) {
      if (gate[key] !== undefined) add(key, 'needs a value of each color', 'write max, or query');
    }
  }
  if (LIMITS.every((key) => gate[key] === undefined)) {
    add('kind', 'has no limit, so it could only pass', 'write max, min, maxRatio or maxIncrease');
  }
  if (gate.max !== undefined && gate.min !== undefined && gate.min > gate.max) {
    add('min', `is over max (${gate.max})`, 'nothing could pass');
  }
  if (gate.minSamples !== undefined && gate.samples === undefined) {
    add('minSamples', 'needs `samples`', 'write the query that counts them');
  }
  return faults;
}
