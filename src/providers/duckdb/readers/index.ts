/** The readers by the name that a plan gives as `format`, and what gates miss in each of them. */
import type { BuiltInGate } from '../../../domain/gate.ts';
import { alb } from './alb.ts';
import { apiGateway } from './api-gateway.ts';
import { cloudfront } from './cloudfront.ts';
import { fastly } from './fastly.ts';
import { fields } from './fields.ts';
import { nativeOf } from './native.ts';
import { otlp } from './otlp.ts';
import { AS_THE_LINE, type Field, type Left, type Reader, type ReaderSettings } from './reader.ts';
import { vercel } from './vercel.ts';
import { workersTrace } from './workers-trace.ts';

export const READERS: readonly Reader[] = [
  workersTrace,
  alb,
  otlp,
  cloudfront,
  apiGateway,
  vercel,
  fastly,
  fields,
];

export function readerNamed(name: string): Reader | null {
  return READERS.find((reader) => reader.name === name) ?? null;
}

/** Fields without which a gate has nothing to ask, in the words of its skip. */
const ASKED: Readonly<Partial<Record<BuiltInGate, readonly (readonly [Field, string])[]>>> = {
  'cold-start': [['cold', 'which requests paid for a cold start']],
  stickiness: [
    ['cfg_gen', 'under which generation of the edge config a request was routed'],
    ['user', 'one user from another'],
  ],
  cache: [['cache', 'cache lookups']],
};

/** Gates that lines of this format cannot answer, with the reason as a sentence. */
export function blindGates(
  reader: Reader,
  { fields: named }: Pick<ReaderSettings, 'fields'>,
): Readonly<Partial<Record<BuiltInGate, string>>> {
  const tells = (field: Field): boolean => {
    // A cache is judged by its name and its lifetimes, which only the router's own line tells.
    if (field === 'cache') return reader.has.cache === AS_THE_LINE.has.cache;
    return named[field] !== undefined || (field in reader.has && !reader.seldom.includes(field));
  };
  const blind = Object.entries(ASKED).flatMap(([gate, wants]) => {
    const missing = wants.find(([field]) => !tells(field));
    return missing === undefined ? [] : [[gate, `Logs of format ${reader.name} do not tell ${missing[1]}.`]];
  });
  return Object.fromEntries(blind) as Partial<Record<BuiltInGate, string>>;
}

/** A line of a log as lines for the engine, and what was left of it. */
export interface Translated {
  readonly lines: readonly string[];
  readonly left: readonly Left[];
}

/** Opens a reader for one file. */
export function translator(reader: Reader, settings: ReaderSettings): (line: string) => Translated {
  const read = reader.open(settings);
  return (line) => {
    const lines: string[] = [];
    const left: Left[] = [];
    for (const reading of read(line)) {
      if ('left' in reading) left.push(reading);
      else if ('native' in reading) lines.push(reading.native);
      else {
        const native = nativeOf(reading.draft, settings);
        if (typeof native === 'string') lines.push(native);
        else left.push(native);
      }
    }
    return { lines, left };
  };
}
