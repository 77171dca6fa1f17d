/**
 * Provider `nats`: one work queue of JetStream for each color.
 * Options: `url` or `urlEnv`, `blue` and `green` with `stream`, `subject` and `consumer`, `timeoutMs`. Environment: NATS_URL, NATS_USER,
 * NATS_PASSWORD, NATS_TOKEN.
 */
import type { ProviderRef } from '../../domain/plan.ts';
import { knowSecret } from '../../domain/redact.ts';
import { defineProvider, type ProviderScope, type QueuePort } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { serviceAddress, type AddressForm } from '../service-address.ts';
import { Nats } from './connection.ts';
import { count, depthOf } from './depth.ts';
import { manifest } from './manifest.ts';
import { move } from './move.ts';

const ADDRESS: AddressForm = {
  of: 'a NATS server',
  option: 'queue.url',
  schemes: ['nats', 'tls'],
  defaultPort: 4222,
  path: /^$/,
  form: 'nats://host:port, or tls://…',
  username: 'NATS_USER',
  password: 'NATS_PASSWORD',
};
/** A move is many questions, ms. */
const MOVE_MS = 20_000;
const NS_PER_MS = 1_000_000;

/** @throws UserError when an option or the address is wrong. */
export function natsQueue(ref: ProviderRef, { env }: ProviderScope): QueuePort {
  const options = parseOptions(manifest.ports.queue, ref, 'queue');
  const token = env['NATS_TOKEN'] || undefined;
  knowSecret(token);
  const credentials = { address: serviceAddress(ADDRESS, options, env), token };
  const nats = new Nats(credentials, options.timeoutMs);
  const moves = new Nats(credentials, MOVE_MS);

  return {
    // The leader of stream and consumer answers.
    capabilities: { consistencyLagMs: 0 },
    topic: (color) => options[color].subject,
    depth: (color, signal) => nats.ask(signal, ({ manager }) => depthOf(manager, options[color])),

    async retryPolicy(color, signal) {
      const { consumer } = await nats.ask(signal, ({ manager }) => count(manager, options[color]));
      const { max_deliver: most = -1, ack_wait: waitNs = 30_000 * NS_PER_MS } = consumer.config;
      return { maxDeliveries: most > 0 ? most : null, ackTimeoutMs: waitNs / NS_PER_MS };
    },

    move: (from, to, { maxMessages, signal }) =>
      moves.ask(signal, (js) => move(js, { source: options[from], target: options[to] }, maxMessages)),

    async close() {
      nats.close();
      moves.close();
    },
  };
}

export const provider = defineProvider({ name: 'nats', queue: natsQueue });
