/** Options of a plan for logs in another format than ours, for every provider that reads logs. */
import { z } from 'zod';
import type { OptionFault } from '../../../ports/manifest.ts';
import { duration, optional, required, text } from '../../../ports/option.ts';
import { MUST } from './fields.ts';
import { READERS } from './index.ts';
import { FIELDS } from './reader.ts';

const source = z.union([
  text,
  z.strictObject({
    from: required(text, 'Name of the field, with dots into objects.', 'http.duration'),
    unit: optional(z.enum(['s', 'ms', 'us', 'ns']), 'Unit of a time span; ms when left out.', 's'),
  }),
]);

export const FORMAT_OPTIONS = {
  format: optional(
    z.enum(READERS.map(({ name }) => name)),
    'Whose log it is. Left out: the request lines that the router writes.',
    'alb',
  ),
  colors: optional(
    z.strictObject({
      blue: required(text, 'Of blue.', 'targetgroup/docs-blue/'),
      green: required(text, 'Of green.', 'targetgroup/docs-green/'),
    }),
    'With `format`: what the field that tells the color holds for each, as a part of it. Left out: the word `blue` or `green`.',
  ),
  fields: optional(
    z.partialRecord(z.enum(FIELDS), source),
    'With `format`: where a field of the request line stands in the log. `fields` needs `ts`, `color`, `status` and `latency_ms.tfinal`.',
    { ts: 'time', color: 'upstream', status: 'status', 'latency_ms.tfinal': { from: 'took', unit: 's' } },
  ),
  columns: optional(
    z.array(text).min(1).max(200),
    'With `format: cloudfront`: the fields of a real-time log in their order.',
  ),
  region: optional(text, 'With `format`: the region of the plan that these requests are of.', 'eu'),
  lag: optional(
    duration,
    'How late lines come at most: a look ends so long before it is taken. Left out: what the vendor says, and nothing for the router’s own lines.',
    '5m',
  ),
} as const;

type FormatOptions = z.input<z.ZodObject<typeof FORMAT_OPTIONS>>;

/** Which options go together. */
export function formatFaults(options: FormatOptions): OptionFault[] {
  const found: OptionFault[] = [];
  const { format, fields = {}, columns, colors } = options;
  const add = (key: string, message: string, fix: string): void => void found.push({ key, message, fix });
  if (format === undefined) {
    for (const key of ['colors', 'fields', 'columns', 'region'] as const) {
      if (options[key] !== undefined) add(key, 'needs `format`', 'write whose log it is');
    }
  }
  const missing = format === 'fields' ? MUST.filter((field) => fields[field] === undefined) : [];
  if (missing.length > 0) add('fields', `lacks ${missing.join(', ')}`, 'say where they stand in the log');
  const reader = READERS.find(({ name }) => name === format);
  const unread = Object.keys(fields).filter((field) => reader?.named.some((one) => one === field) === false);
  if (unread.length > 0)
    add(
      'fields',
      `${unread.join(', ')}: format ${format} has its own place for it`,
      'leave it out, or write format: fields',
    );
  if (colors !== undefined && (colors.blue.includes(colors.green) || colors.green.includes(colors.blue)))
    add(
      'colors',
      'one holds the other, so a request of both would be of neither',
      'write more of the longer name’s rest',
    );
  if (columns !== undefined && format !== undefined && format !== 'cloudfront') {
    add('columns', `says nothing of format ${format}`, 'leave it out');
  }
  return found;
}
