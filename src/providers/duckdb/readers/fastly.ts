/**
 * Real-time logs of Fastly in JSON. The format is the user's own, so this is a field map with names in common use, `time_elapsed` in µs
 * (`time.elapsed.usec`) as in the format that Fastly's API has for New Relic; `fields` names others. Compare it with your own format.
 */
import { fields } from './fields.ts';
import { FIELDS, type Field, type Reader, type Source } from './reader.ts';

const USUAL: Readonly<Partial<Record<Field, Source>>> = {
  ts: { from: 'timestamp' },
  id: { from: 'request_id' },
  route: { from: 'url' },
  method: { from: 'request_method' },
  color: { from: 'backend' },
  region: { from: 'geo_country' },
  status: { from: 'response_status' },
  cache: { from: 'fastly_is_hit' },
  instance: { from: 'fastly_server' },
  'latency_ms.tfinal': { from: 'time_elapsed', unit: 'us' },
};

export const fastly: Reader = {
  name: 'fastly',
  does: 'Fastly real-time logs in JSON',
  lag: '1m',
  named: FIELDS,
  seldom: ['user'],
  has: {
    ...Object.fromEntries(Object.entries(USUAL).map(([field, { from }]) => [field, `\`${from}\``])),
    'latency_ms.tfinal': '`time_elapsed` (µs)',
    region: '`region` of the plan, else `geo_country`',
    user: '`fields.user`',
  },
  open: (settings) => fields.open({ ...settings, fields: { ...USUAL, ...settings.fields } }),
};
