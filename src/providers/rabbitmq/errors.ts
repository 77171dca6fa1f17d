/** What a failure of RabbitMQ means, decided here and nowhere else. */
import { excerpt } from '../../domain/redact.ts';
import type { Fault } from '../calls-in-time.ts';
import { socketFault } from '../socket-fault.ts';

const PLAIN_OR_TLS = 'amqps:// or amqp://?';

/** What the broker says where it closes a channel or refuses a connection, by the code of AMQP. */
const CODES: Readonly<Record<number, Omit<Fault, 'why'> & { readonly advice: string }>> = {
  311: { kind: 'fatal', advice: 'a job is larger than it takes' },
  320: { kind: 'retry', advice: 'it closes the connection' },
  402: { kind: 'fatal', advice: 'it does not know such a thing' },
  403: {
    kind: 'fatal',
    advice:
      'it refuses its user: check RABBITMQ_USER and RABBITMQ_PASSWORD, and that the user may read both queues and write to the default exchange (`amq.default`)',
  },
  404: {
    kind: 'fatal',
    advice: 'it has no such queue: check the queues of both colors and the virtual host',
  },
  405: { kind: 'retry', advice: 'somebody has the queue for himself' },
  406: { kind: 'fatal', advice: 'it refuses what it was asked' },
  506: { kind: 'retry', advice: 'it lacks something' },
  530: {
    kind: 'fatal',
    advice: 'it refuses the virtual host: check the end of the address and the user’s rights',
  },
  541: { kind: 'retry', advice: 'it failed inside' },
};

/** The broker takes nothing, from nobody: its memory or its disk is short. */
export class BlockedError extends Error {}

export function rabbitFault(error: Error): Fault {
  if (error instanceof BlockedError) return { kind: 'retry', why: error.message };
  // The client says no more of a virtual host that is not there.
  const isRefused = error.message.startsWith('Expected ConnectionOpenOk');
  const known = CODES[isRefused ? 530 : (codeOf(error) ?? 0)];
  if (known !== undefined) return { kind: known.kind, why: `${known.advice} (${excerpt(error.message)})` };
  if (
    /handshake|ECONNRESET|Expected ConnectionStart|Invalid frame/i.test(error.message) &&
    !('code' in error)
  )
    return {
      kind: 'retry',
      why: `it ends the connection as it begins: ${PLAIN_OR_TLS} (${excerpt(error.message)})`,
    };
  return socketFault(error, PLAIN_OR_TLS);
}

/** Another consumer has the queue for itself, which the broker tells under the code of missing rights. */
export function isInExclusiveUse(error: unknown): boolean {
  return error instanceof Error && error.message.includes('in exclusive use');
}

/** AMQP's code of an error; null of one that is none of the broker's. */
function codeOf(error: Error): number | null {
  if ('code' in error && typeof error.code === 'number') return error.code;
  // A connection that is refused has it in its text alone.
  const told = /\b(\d{3}) \([A-Z_-]+\)/.exec(error.message)?.[1];
  return told === undefined ? null : Number(told);
}
