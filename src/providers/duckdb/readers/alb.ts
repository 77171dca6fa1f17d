/**
 * Access logs of AWS Application Load Balancers, as they lie in S3.
 * Source: AWS docs, "Access logs for your Application Load Balancer", syntax of an entry: fields by position, separated by spaces,
 * those with spaces in quotes; new fields come at the end.
 */
import { foreign, left, type Reader, type Reading } from './reader.ts';
import { instantMs, numberOf, spanMs, textOf } from './values.ts';

const AT = {
  type: 0,
  time: 1,
  client: 3,
  target: 4,
  requestTime: 5,
  targetTime: 6,
  responseTime: 7,
  status: 8,
  request: 12,
  agent: 13,
  targetGroup: 16,
  traceId: 17,
  created: 21,
  connection: 29,
} as const;
/** Of the first entry format that has a time of the request's creation. */
const LEAST_FIELDS = 22;
const KINDS = new Set(['http', 'https', 'h2', 'grpcs']);
const CLIENT_LEFT = 460;

export const alb: Reader = {
  name: 'alb',
  does: 'AWS Application Load Balancer access logs',
  // "Every 5 minutes" for each node, with some time to write.
  lag: '7m',
  named: [],
  seldom: [],
  has: {
    ts: '`request_creation_time`',
    id: '`trace_id`, `conn_trace_id`, `client:port`',
    route: 'path of `request`, without ids',
    method: '`request`',
    color: '`target_group_arn`',
    user: 'address of `client:port`',
    region: 'of `target_group_arn`, unless the plan names one',
    instance: '`target:port`',
    status: '`elb_status_code`',
    error: 'from `elb_status_code`; 460 after 1 s: `headers:abandoned`',
    'latency_ms.tfinal': '`time` − `request_creation_time`',
  },
  open:
    ({ region }) =>
    (line) => {
      const fields = fieldsOf(line);
      if (fields === null) return left('a quote that is not closed');
      const type = fields[AT.type] ?? '';
      if (type === 'ws' || type === 'wss')
        return foreign('a WebSocket, which tells only how long it was open');
      if (!KINDS.has(type)) return foreign('no entry of an ALB');
      if (fields.length < LEAST_FIELDS) return left(`an entry of fewer than ${LEAST_FIELDS} fields`);
      return [read((at) => fields[AT[at]] ?? '-', region)];
    },
};

function read(field: (at: keyof typeof AT) => string, region: string): Reading {
  const [began, ended] = [instantMs(field('created')), instantMs(field('time'))];
  // Both times are in µs; their difference has the rounding of large numbers beyond that.
  const finalMs = began === null || ended === null ? null : Math.round((ended - began) * 1000) / 1000;
  const status = numberOf(field('status'));
  const [method, target] = field('request').split(' ');
  const group = field('targetGroup');
  const ofArn = group.split(':')[3] ?? '';
  const parts = ['requestTime', 'targetTime', 'responseTime'] as const;
  const spans = parts.map((part) => spanMs(field(part), 's') ?? -1);
  return {
    draft: {
      at: field('created'),
      id: `${field('traceId')} ${field('connection')} ${field('client')}`,
      method,
      target,
      color: group,
      colorField: 'target_group_arn',
      userAddress: addressOf(field('client')),
      region: textOf(region) ?? ofArn,
      instance: field('target'),
      status: status ?? field('status'),
      hasLeft: status === CLIENT_LEFT,
      finalMs,
      // −1: no target ever answered.
      firstMs: spans.some((ms) => ms < 0) ? null : spans.reduce((sum, ms) => sum + ms, 0),
      agent: field('agent'),
    },
  };
}

/** Without its port. */
function addressOf(client: string): string {
  const port = client.lastIndexOf(':');
  return port === -1 ? client : client.slice(0, port);
}

/** Null when a quote stays open. */
function fieldsOf(line: string): string[] | null {
  const fields: string[] = [];
  for (let at = 0; at < line.length;) {
    const isQuoted = line[at] === '"';
    const end = line.indexOf(isQuoted ? '"' : ' ', at + 1);
    if (isQuoted && end === -1) return null;
    const stop = end === -1 ? line.length : end;
    fields.push(line.slice(isQuoted ? at + 1 : at, stop));
    at = isQuoted ? stop + 2 : stop + 1;
  }
  return fields;
}
