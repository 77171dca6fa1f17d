/**
 * Provider `rabbitmq`: one queue for each color.
 * Options: `url` or `urlEnv`, `management`, `blue` and `green` with `queue`, `retryQueue` and `deadLetterQueue`, `ackTimeoutMs`,
 * `consistencyLagMs`, `timeoutMs`. Environment: RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, RABBITMQ_USER, RABBITMQ_PASSWORD.
 */
import { ProviderError, UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { defineProvider, type ProviderScope, type QueuePort } from '../../ports/index.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { parseOptions } from '../options.ts';
import { serviceAddress, type AddressForm } from '../service-address.ts';
import { Rabbit } from './connection.ts';
import { depthOf, fitFacts, retryPolicyOf } from './depth.ts';
import type { ManagementAt, QueueFacts } from './management.ts';
import { manifest, MANAGEMENT_FORM, MANAGEMENT_URL } from './manifest.ts';
import { move } from './move.ts';

const ADDRESS: AddressForm = {
  of: 'a RabbitMQ broker',
  option: 'queue.url',
  schemes: ['amqp', 'amqps'],
  defaultPort: { amqp: 5672, amqps: 5671 },
  // The usual `/%2F` is the virtual host `/`.
  path: /^.{0,255}$/s,
  form: 'amqp://host:port/vhost, or amqps://…',
  username: 'RABBITMQ_USER',
  password: 'RABBITMQ_PASSWORD',
};
/** A move is many questions, ms. */
const MOVE_MS = 20_000;

function managementUrl(env: ProviderScope['env']): string {
  const url = requireEnv(env, 'RABBITMQ_MANAGEMENT_URL', 'address of the management API of RabbitMQ');
  // With a name in it no call could be made: it would be tried for ever.
  if (MANAGEMENT_URL.test(url)) return url;
  throw new UserError('RABBITMQ_MANAGEMENT_URL is no address of the management API of RabbitMQ', {
    hint: `write ${MANAGEMENT_FORM}; its user is that of the broker`,
  });
}

/** @throws UserError when an option or an address is wrong. */
export function rabbitmqQueue(ref: ProviderRef, { env }: ProviderScope): QueuePort {
  const options = parseOptions(manifest.ports.queue, ref, 'queue');
  const { timeoutMs, ackTimeoutMs, consistencyLagMs } = options;
  const address = serviceAddress(ADDRESS, options, env);
  const at: ManagementAt = {
    url: options.management ?? managementUrl(env),
    vhost: address.path === '' ? '/' : address.path,
    username: address.username ?? 'guest',
    password: address.password ?? 'guest',
    timeoutMs,
  };
  const rabbit = new Rabbit(address, timeoutMs);
  const moves = new Rabbit(address, MOVE_MS);

  return {
    capabilities: { consistencyLagMs },
    topic: (color) => options[color].queue,
    depth: (color, signal) => depthOf(rabbit, at, options[color], signal),

    async retryPolicy(color, signal) {
      return retryPolicyOf(await fitFacts(at, options[color].queue, signal), ackTimeoutMs);
    },

    async move(from, to, { maxMessages, signal }) {
      const source = await fitFacts(at, options[from].queue, signal);
      let target: QueueFacts;
      try {
        target = await fitFacts(at, options[to].queue, signal);
      } catch (error) {
        if (!(error instanceof ProviderError) || error.kind !== 'fatal') throw error;
        // Known before anything was taken: no job has lost a delivery.
        return { moved: 0, refused: { jobs: 0, why: error.message, isLastTry: false } };
      }
      return move(moves, { source, target }, { maxMessages, signal });
    },

    async close() {
      rabbit.close();
      moves.close();
    },
  };
}

export const provider = defineProvider({ name: 'rabbitmq', queue: rabbitmqQueue });
