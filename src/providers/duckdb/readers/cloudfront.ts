/**
 * Access logs of CloudFront: standard logs (with their `#Fields` header, or JSON) and real-time logs, whose fields the plan names.
 * Source: AWS docs, "Standard logging reference": fields by name, separated by tabs; `date` and `time` are when the answer was finished.
 * `timestamp` of a real-time log is taken for the same instant, as AWS describes it.
 */
import { isObject, jsonOf, left, type Reader, type Reading, type ReaderSettings } from './reader.ts';
import { instantMs, numberOf, spanMs, textOf } from './values.ts';

/** Of a client that went away before the answer. */
const CLIENT_LEFT = 0;
const CLIENT_LEFT_STATUS = 499;

export const cloudfront: Reader = {
  name: 'cloudfront',
  does: 'CloudFront access logs: standard (`#Fields` header, or JSON), and real-time with `columns`',
  // Usually within an hour, says AWS of standard logs, and sometimes a day; real-time logs take seconds.
  lag: '1h',
  named: ['color'],
  seldom: [],
  has: {
    ts: '`date` + `time`, or `timestamp`, − `time-taken`',
    id: '`x-edge-request-id`',
    route: '`cs-uri-stem`, without ids',
    method: '`cs-method`',
    color: '`x-host-header`, else `cs(Host)`; `fields.color` names another one',
    user: 'address `c-ip`',
    region: '`x-edge-location`, unless the plan names one',
    status: '`sc-status`',
    error: '000 after 1 s: `headers:abandoned`',
    cache: '`x-edge-result-type` (no lifetime)',
    'latency_ms.tfinal': '`time-taken`',
  },
  open(settings) {
    let columns = settings.columns;
    return (line) => {
      if (line.startsWith('#')) {
        const named = /^#Fields:\s*(.*)$/.exec(line);
        if (named?.[1] !== undefined) columns = named[1].trim().split(/\s+/);
        return [];
      }
      if (line.startsWith('{')) {
        const record = jsonOf(line);
        return isObject(record) ? [read(record, settings)] : record;
      }
      if (columns === null) return left('no #Fields header and no columns in the plan');
      const values = line.split('\t');
      if (values.length < columns.length) return left('fewer fields than the header names');
      return [read(Object.fromEntries(columns.map((name, i) => [name, values[i]])), settings)];
    };
  },
};

function read(record: Readonly<Record<string, unknown>>, { region, fields }: ReaderSettings): Reading {
  const value = (name: string): unknown => record[name];
  const takenMs = spanMs(value('time-taken'), 's');
  const ended = value('timestamp') ?? `${textOf(value('date')) ?? ''}T${textOf(value('time')) ?? ''}Z`;
  const endedMs = instantMs(ended);
  const began = endedMs === null || takenMs === null ? null : endedMs - takenMs;
  const status = numberOf(value('sc-status'));
  const hasLeft = status === CLIENT_LEFT;
  const colorField =
    fields.color?.from ?? (textOf(value('x-host-header')) === null ? 'cs(Host)' : 'x-host-header');
  const result = textOf(value('x-edge-result-type'));
  const stem = textOf(value('cs-uri-stem'));
  const query = textOf(value('cs-uri-query'));
  return {
    draft: {
      at: began,
      id: value('x-edge-request-id'),
      method: value('cs-method'),
      target: stem === null || query === null ? stem : `${stem}?${query}`,
      color: value(colorField) ?? value('cs-host'),
      colorField,
      userAddress: value('c-ip'),
      region: textOf(region) ?? value('x-edge-location'),
      status: hasLeft ? CLIENT_LEFT_STATUS : status,
      hasLeft,
      isHit:
        result === null
          ? null
          : /^(?:Hit|RefreshHit)$/.test(result)
            ? true
            : result === 'Miss'
              ? false
              : null,
      finalMs: takenMs,
      firstMs: spanMs(value('time-to-first-byte'), 's'),
      agent: value('cs(User-Agent)'),
    },
  };
}
