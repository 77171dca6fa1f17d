/** JSON of any shape, one object a line: the plan says where each field stands. */
import {
  embedded,
  FIELDS,
  isObject,
  isRequestLine,
  jsonOf,
  valueAt,
  type Draft,
  type Field,
  type Reader,
  type ReaderSettings,
} from './reader.ts';
import { numberOf, spanMs, textOf } from './values.ts';

/** What a plan has to say at least. */
export const MUST = ['ts', 'color', 'status', 'latency_ms.tfinal'] as const satisfies readonly Field[];

export const fields: Reader = {
  name: 'fields',
  does: 'JSON of any shape, one object a line; `fields` says where each value stands',
  lag: '1m',
  named: FIELDS,
  seldom: FIELDS.filter((field) => !MUST.some((one) => one === field)),
  has: {
    ...Object.fromEntries(MUST.map((field) => [field, '`fields`'])),
    id: '`fields`',
    route: '`fields` (a path: without ids)',
    method: '`fields`',
    user: '`fields`',
    region: '`fields`, or `region`',
    instance: '`fields`',
    error: '`fields`',
    cold: '`fields` (`true`, `1`)',
    cache: '`fields` (`true`, `hit`)',
    cfg_gen: '`fields`',
    INDEX_HASH: '`fields`',
    'latency_ms.tusable': '`fields`',
  },
  open: (settings) => (line) => {
    const record = jsonOf(line);
    if (!isObject(record)) return record;
    if (isRequestLine(record)) return [{ native: line }];
    const within = embedded(record['message'] ?? record['msg'] ?? record['log']);
    return within === null ? [{ draft: mapped(record, settings) }] : [within];
  },
};

/** A record by a map of fields. */
function mapped(record: Readonly<Record<string, unknown>>, settings: ReaderSettings): Draft {
  const { fields: map } = settings;
  const value = (field: Field): unknown => {
    const source = map[field];
    return source === undefined ? undefined : valueAt(record, source.from);
  };
  const span = (field: Field): number | null => spanMs(value(field), map[field]?.unit ?? 'ms');
  const route = textOf(value('route'));
  const isPath = /^(?:\/|[a-z][a-z\d+.-]*:\/\/)/i.test(route ?? '');
  const hit = value('cache');
  return {
    at: value('ts'),
    id: value('id'),
    method: value('method'),
    ...(isPath ? { target: route } : { route }),
    color: value('color'),
    colorField: map.color?.from ?? 'no field',
    userKey: value('user'),
    region: value('region'),
    instance: value('instance'),
    status: value('status'),
    error: textOf(value('error')),
    isCold: isTrue(value('cold')),
    isHit: hit === undefined || hit === null ? null : isTrue(hit) || /^hit$/i.test(textOf(hit) ?? ''),
    finalMs: span('latency_ms.tfinal'),
    usableMs: span('latency_ms.tusable'),
    indexHash: value('INDEX_HASH'),
    generation: numberOf(value('cfg_gen')),
  };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === 'true' || value === '1';
}
