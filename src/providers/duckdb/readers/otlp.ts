/**
 * OTLP as JSON, one export request a line, as the file exporter of the OpenTelemetry Collector writes it: spans of servers, and logs
 * that hold request lines or describe requests.
 * Source: OpenTelemetry protocol (JSON encoding: 64-bit integers as text, enums as numbers) and its semantic conventions for HTTP.
 */
import {
  embedded,
  foreign,
  isObject,
  isRequestLine,
  jsonOf,
  type Draft,
  type Field,
  type Reader,
  type Reading,
  type ReaderSettings,
} from './reader.ts';
import { numberOf, spanMs, textOf } from './values.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Names by field, the first that is there. */
const NAMES: Readonly<Partial<Record<Field, readonly string[]>>> = {
  route: ['http.route'],
  method: ['http.request.method', 'http.method'],
  color: [
    'cutover.color',
    'deployment.color',
    'service.version',
    'deployment.environment.name',
    'service.name',
  ],
  user: ['user.id', 'enduser.id', 'session.id'],
  region: ['cutover.region', 'cloud.region'],
  instance: ['service.instance.id', 'k8s.pod.name', 'host.name'],
  status: ['http.response.status_code', 'http.status_code'],
  error: ['cutover.error'],
  cold: ['faas.coldstart'],
  cfg_gen: ['cutover.cfg_gen'],
  INDEX_HASH: ['cutover.index_hash'],
};
const SERVER: readonly unknown[] = [2, 'SPAN_KIND_SERVER'];
const FAILED: readonly unknown[] = [2, 'STATUS_CODE_ERROR'];
const NS_IN_MS = 1_000_000n;

export const otlp: Reader = {
  name: 'otlp',
  does: 'OTLP/JSON: server spans (HTTP semantic conventions), or logs that hold request lines',
  // Batches of seconds, and spans are sent when they end.
  lag: '1m',
  named: [...(Object.keys(NAMES) as Field[]), 'latency_ms.tusable'],
  seldom: ['cfg_gen', 'cold'],
  has: {
    ts: '`startTimeUnixNano`',
    id: '`traceId`, `spanId`',
    ...Object.fromEntries(
      Object.entries(NAMES).map(([field, names]) => [field, names.map((name) => `\`${name}\``).join(', ')]),
    ),
    route: '`http.route`, else `url.path` without ids',
    user: '`user.id`, `enduser.id`, `session.id`, else the address `client.address`',
    'latency_ms.tfinal': '`endTimeUnixNano` − `startTimeUnixNano`',
    'latency_ms.tusable': '`cutover.tusable_ms`',
  },
  open: (settings) => (line) => {
    const request = jsonOf(line);
    if (!isObject(request)) return request;
    if (isRequestLine(request)) return [{ native: line }];
    const spans = inside(request['resourceSpans'], 'scopeSpans', 'spans', (span, of) =>
      spanOf(span, of, settings),
    );
    const logs = inside(request['resourceLogs'], 'scopeLogs', 'logRecords', logOf);
    const found = [...spans, ...logs];
    return found.length > 0 ? found : foreign('OTLP without a span or log record');
  },
};

/** Every record of every scope of every resource. */
function inside(
  resources: unknown,
  scopes: string,
  records: string,
  read: (record: Attributes, resource: Attributes) => Reading,
): Reading[] {
  return listOf(resources).flatMap((one) => {
    const resource = attributesOf(isObject(one['resource']) ? one['resource']['attributes'] : []);
    return listOf(one[scopes]).flatMap((scope) =>
      listOf(scope[records]).map((record) => read(record, resource)),
    );
  });
}

function spanOf(span: Attributes, resource: Attributes, settings: ReaderSettings): Reading {
  if (!SERVER.includes(span['kind'])) return { left: 'a span of no server', isForeign: true };
  const all = { ...resource, ...attributesOf(span['attributes']) };
  const value = (field: Field): unknown => valueOf(all, field, settings)[1];
  // A server that sent no answer has no status to tell.
  const isUnanswered = value('status') === undefined && value('method') !== undefined && hasFailed(span, all);
  if (value('status') === undefined && !isUnanswered)
    return { left: 'a server span without an HTTP status', isForeign: true };
  const [began, ended] = [nanosOf(span['startTimeUnixNano']), nanosOf(span['endTimeUnixNano'])];
  const [colorField, color] = valueOf(all, 'color', settings);
  const path = textOf(all['url.path']) ?? textOf(all['http.target']);
  const query = textOf(all['url.query']);
  const tusable = settings.fields['latency_ms.tusable'];
  const draft: Draft = {
    at: began === null ? null : Number(began / NS_IN_MS),
    id: `${textOf(span['traceId']) ?? ''}${textOf(span['spanId']) ?? ''}`,
    method: value('method'),
    target: path === null || query === null ? path : `${path}?${query}`,
    route: value('route'),
    color,
    colorField,
    userKey: value('user'),
    userAddress: all['client.address'],
    region: textOf(settings.region) ?? value('region'),
    instance: value('instance'),
    status: isUnanswered ? 500 : value('status'),
    error: textOf(value('error')) ?? (isUnanswered ? 'headers:closed' : null),
    isCold: value('cold') === true,
    finalMs: began === null || ended === null ? null : Number(ended - began) / 1e6,
    usableMs: spanMs(all[tusable?.from ?? 'cutover.tusable_ms'], tusable?.unit ?? 'ms'),
    indexHash: value('INDEX_HASH'),
    generation: value('cfg_gen'),
    agent: all['user_agent.original'],
  };
  return { draft };
}

function hasFailed(span: Attributes, all: Attributes): boolean {
  const status = isObject(span['status']) ? span['status']['code'] : undefined;
  return FAILED.includes(status) || textOf(all['error.type']) !== null;
}

function logOf(record: Attributes): Reading {
  const body = anyValue(record['body']);
  if (isRequestLine(body)) return { native: JSON.stringify(body) };
  return embedded(body) ?? { left: 'a log record without a request line', isForeign: true };
}

/** The attribute that the plan names, else the first of the usual ones: its name and its value. */
function valueOf(all: Attributes, field: Field, { fields }: ReaderSettings): readonly [string, unknown] {
  const names = fields[field] === undefined ? (NAMES[field] ?? []) : [fields[field].from];
  const found = names.find((name) => Object.hasOwn(all, name));
  return found === undefined ? [names.join(', '), undefined] : [found, all[found]];
}

function attributesOf(list: unknown): Attributes {
  const all: Record<string, unknown> = {};
  for (const { key, value } of listOf(list)) if (typeof key === 'string') all[key] = anyValue(value);
  return all;
}

/** A value of the protocol as plain JSON; deeper than a request line is no value that we read. */
function anyValue(value: unknown, depth = 0): unknown {
  if (!isObject(value) || depth > 4) return undefined;
  if ('stringValue' in value) return value['stringValue'];
  if ('intValue' in value) return numberOf(value['intValue']) ?? undefined;
  if ('doubleValue' in value) return value['doubleValue'];
  if ('boolValue' in value) return value['boolValue'];
  const list = isObject(value['kvlistValue']) ? value['kvlistValue']['values'] : undefined;
  return list === undefined
    ? undefined
    : Object.fromEntries(listOf(list).map((one) => [String(one['key']), anyValue(one['value'], depth + 1)]));
}

function listOf(value: unknown): readonly Attributes[] {
  return Array.isArray(value) ? value.filter((one) => isObject(one)) : [];
}

function nanosOf(value: unknown): bigint | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) && text !== '0' ? BigInt(text) : null;
}
