/** What the management API tells of a queue. Invariant: a number that it leaves out is unknown, and never zero. */
import { ProviderError } from '../../domain/errors.ts';
import { call, joinUrl } from '../fetch.ts';

export interface QueueFacts {
  readonly name: string;
  readonly type: string;
  /** Jobs, ready or with a consumer. */
  readonly messages: number;
  readonly unacknowledged: number;
  /** Mean size of a job that is ready, bytes; 0 where there is none. */
  readonly meanBytes: number;
  /** When the producer says that the first job was made; null where nobody says so. */
  readonly headSinceMs: number | null;
  /** What is in force of its arguments and of what policies say. */
  readonly setting: (name: string) => unknown;
  readonly autoDelete: boolean;
  readonly exclusive: boolean;
}

export interface ManagementAt {
  readonly url: string;
  readonly vhost: string;
  readonly username: string;
  readonly password: string;
  readonly timeoutMs: number;
}

/** Of a queue whose node or leader is away: what is told of it is old. */
const ABSENT = /^(down|crashed|stopped|minority|terminated)$/;
const NOT_YET =
  'a queue that is new, or a node that started again, has none for some seconds; a broker with `management_agent.disable_metrics_collector` never has';

/** All that is read: an answer about thousands of consumers would be large. */
const COLUMNS =
  'name,type,state,arguments,effective_policy_definition,delivery_limit,auto_delete,exclusive,messages,messages_ready,messages_unacknowledged,message_bytes_ready,head_message_timestamp';

/** @throws ProviderError where there is no such queue, or no number of it. */
export async function queueFacts(
  at: ManagementAt,
  name: string,
  signal: AbortSignal | undefined,
): Promise<QueueFacts> {
  const path = `/api/queues/${encodeURIComponent(at.vhost)}/${encodeURIComponent(name)}?columns=${COLUMNS}`;
  const basic = Buffer.from(`${at.username}:${at.password}`).toString('base64');
  const { status, text } = await call({
    provider: 'rabbitmq',
    url: joinUrl(at.url, path),
    headers: { authorization: `Basic ${basic}` },
    signal,
    timeoutMs: at.timeoutMs,
    accept: [401, 403, 404],
  });
  const fail = (kind: 'retry' | 'fatal', why: string): ProviderError =>
    new ProviderError(kind, 'rabbitmq', `${at.url}: ${why}`);
  if (status === 404) throw fail('fatal', `it has no queue ${name} in virtual host ${at.vhost}`);
  if (status === 401 || status === 403)
    throw fail(
      'fatal',
      'it does not accept the credentials: check RABBITMQ_USER and RABBITMQ_PASSWORD; the user needs the tag `monitoring`',
    );
  const told = objectOf(text);
  if (told === null) throw fail('fatal', 'what answers there is no management API of RabbitMQ');
  const { state } = told;
  if (typeof state === 'string' && ABSENT.test(state)) throw fail('retry', `queue ${name} is ${state}`);
  const number = (field: string): number => {
    const value = told[field];
    if (typeof value === 'number' && value >= 0) return value;
    throw fail('retry', `it tells no ${field} of queue ${name}: ${NOT_YET}`);
  };
  const { type = 'classic', arguments: own, effective_policy_definition: policy } = told;
  const bytes = told['message_bytes_ready'];
  const ready = number('messages_ready');
  const headS = told['head_message_timestamp'];
  return {
    name,
    type: typeof type === 'string' ? type : 'classic',
    messages: number('messages'),
    unacknowledged: number('messages_unacknowledged'),
    meanBytes: typeof bytes === 'number' && ready > 0 ? bytes / ready : 0,
    headSinceMs: typeof headS === 'number' ? headS * 1000 : null,
    setting: (key) =>
      inForce(type, recordOf(own)[`x-${key}`], recordOf(policy)[key]) ?? told[key.replaceAll('-', '_')],
    autoDelete: told['auto_delete'] === true,
    exclusive: told['exclusive'] === true,
  };
}

/** Of two numbers the smaller one, where below zero is no limit; of two words that of the policy in a quorum queue, else the argument. */
function inForce(type: unknown, argument: unknown, policy: unknown): unknown {
  if (argument === undefined || policy === undefined) return argument ?? policy;
  if (typeof argument === 'number' && typeof policy === 'number')
    return argument < 0 || policy < 0 ? Math.max(argument, policy) : Math.min(argument, policy);
  return type === 'quorum' ? policy : argument;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'name' in parsed ? { ...parsed } : null;
  } catch {
    return null;
  }
}

/** The API writes no settings as an empty list. */
function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
