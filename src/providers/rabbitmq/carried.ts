/** What a job takes along to the other queue of RabbitMQ: all that its producer gave it, and nothing that the broker would act on again. */
import { randomUUID } from 'node:crypto';
import type { ConsumeMessage, Options } from 'amqplib';
import { KEY_ATTRIBUTE, RECEIVES_ATTRIBUTE } from '../job-attributes.ts';

/** The broker's own count of a job. */
const DELIVERIES = 'x-delivery-count';
/**
 * Of the broker, or read by it as an order: `CC` would send copies to other queues once more, and a broker that finds its own `x-death`
 * may take a job that was moved back for one that goes in circles, and drop it.
 */
const BROKERS_OWN = /^(x-death|x-delivery-count|x-acquired-count|x-(first|last)-death-.*|CC|BCC)$/;
/** Ends of a job that are a failed attempt; `expired` and `maxlen` are none. */
const FAILED = new Set<unknown>(['rejected', 'delivery_limit']);

export function carried({ properties, fields }: ConsumeMessage): Options.Publish {
  const { headers: own = {}, userId: _broker, clusterId: _old, ...others } = properties;
  const headers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(own))
    if (!BROKERS_OWN.test(name)) headers[name] = value as unknown;
  const given: unknown = own[KEY_ATTRIBUTE];
  headers[KEY_ATTRIBUTE] =
    typeof given === 'string' && given !== '' ? given : properties.messageId || randomUUID();
  const before = countOf(own[RECEIVES_ATTRIBUTE]) + receives(own, fields.redelivered);
  if (before > 0) headers[RECEIVES_ATTRIBUTE] = before;
  // Without `mandatory` the broker confirms what it could bring nowhere.
  return { ...(others as Options.Publish), headers, mandatory: true };
}

/** Deliveries that a job has behind it here: those that came back, and those that were rejected and came round. */
function receives(own: Readonly<Record<string, unknown>>, isRedelivered: boolean): number {
  const deaths: unknown = own['x-death'];
  const failed = Array.isArray(deaths)
    ? (deaths as Readonly<Record<string, unknown>>[]).filter(({ reason }) => FAILED.has(reason))
    : [];
  const back = own[DELIVERIES] === undefined ? Number(isRedelivered) : countOf(own[DELIVERIES]);
  return failed.reduce((sum, { count }) => sum + countOf(count), back);
}

/** How often the queue itself has given the job out before and got it back. */
export function returnsOf({ properties: { headers = {} } }: ConsumeMessage): number {
  return countOf(headers[DELIVERIES]);
}

function countOf(value: unknown): number {
  const count = Number(value ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** Whether every number of the headers is one that this client reads whole. */
export function isReadWhole(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return true;
  return Object.values(value).every(isReadWhole);
}
