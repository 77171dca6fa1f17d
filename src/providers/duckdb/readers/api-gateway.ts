/**
 * Access logs of AWS API Gateway in JSON, each key named as the `$context` variable it holds; also as CloudWatch exports them (a time
 * before the object) and as a subscription delivers them (`logEvents`).
 * Source: AWS docs, "Variables for access logging" of REST and HTTP APIs. The format is the user's own: what it leaves out is missing.
 */
import { isObject, jsonOf, valueAt, type Reader, type Reading, type ReaderSettings } from './reader.ts';
import { numberOf, textOf } from './values.ts';

export const apiGateway: Reader = {
  name: 'api-gateway',
  does: 'AWS API Gateway access logs in JSON, keys named as `$context` variables',
  // CloudWatch Logs take seconds, a subscription buffers for minutes.
  lag: '2m',
  named: ['color', 'user'],
  seldom: [],
  has: {
    ts: '`requestTimeEpoch`, else `requestTime` (whole seconds)',
    id: '`requestId`',
    route: '`routeKey`, `resourcePath`, else `path` without ids',
    method: '`httpMethod`',
    color: '`stage`; `fields.color` names another one, such as `integrationLambda` or `domainName`',
    user: '`authorizer.principalId`, else the address `ip` or `sourceIp`',
    region: '`region` of the plan',
    status: '`status`',
    'latency_ms.tfinal': '`responseLatency` (ms)',
  },
  open: (settings) => (line) => recordsOf(line, settings),
};

function recordsOf(line: string, settings: ReaderSettings): readonly Reading[] {
  // Exports of CloudWatch begin with the time of the event.
  const start = /^\d{4}-\d\d-\d\dT[\d:.]+Z\s+\{/.test(line) ? line.indexOf('{') : 0;
  const record = jsonOf(line.slice(start));
  if (!isObject(record)) return record;
  const events = record['logEvents'];
  if (!Array.isArray(events)) return [read(record, settings)];
  if (events.length === 0) return [{ left: 'a message of the subscription itself', isForeign: true }];
  return events.flatMap((event): readonly Reading[] => {
    const message = isObject(event) ? textOf(event['message']) : null;
    if (message === null) return [{ left: 'an event without a message', isForeign: false }];
    const inner = jsonOf(message);
    return isObject(inner) ? [read(inner, settings)] : inner;
  });
}

function read(record: Readonly<Record<string, unknown>>, { fields }: ReaderSettings): Reading {
  const said = (...names: readonly string[]): unknown =>
    names.map((name) => textOf(valueAt(record, name))).find((value) => value !== null);
  const colorField = fields.color?.from ?? 'stage';
  return {
    draft: {
      at: said('requestTimeEpoch', 'requestTime'),
      id: said('requestId', 'extendedRequestId'),
      method: said('httpMethod'),
      target: said('path'),
      route: said('routeKey', 'resourcePath'),
      color: said(colorField),
      colorField,
      userKey: said(fields.user?.from ?? 'authorizer.principalId', 'principalId'),
      userAddress: said('ip', 'sourceIp', 'identity.sourceIp'),
      status: numberOf(said('status')),
      finalMs: numberOf(said('responseLatency')),
      agent: said('userAgent', 'identity.userAgent'),
    },
  };
}
