/** What a failure of NATS means, decided here and nowhere else. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  PermissionViolationError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { excerpt } from '../../domain/redact.ts';
import type { Fault } from '../calls-in-time.ts';
import { socketFault } from '../socket-fault.ts';

const MISSING: Readonly<Record<number, string>> = {
  [JetStreamApiCodes.StreamNotFound]: 'it has no such stream: check `stream` of both colors',
  [JetStreamApiCodes.ConsumerNotFound]: 'the stream has no such consumer: check `consumer` of both colors',
};

const PLAIN_OR_TLS = 'tls:// or nats://?';

export function natsFault(error: Error): Fault {
  const fatal = (why: string): Fault => ({ kind: 'fatal', why });
  if (error.name === 'JetStreamNotEnabled') {
    const why = 'JetStream does not answer: is it enabled for this account, has the stream a leader?';
    return { kind: 'retry', why };
  }
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError)
    return fatal('it does not accept the credentials: check NATS_USER and NATS_PASSWORD, or NATS_TOKEN');
  if (error instanceof PermissionViolationError)
    return fatal(`its user may not do that: ${excerpt(error.message)}`);
  if (error instanceof JetStreamApiError) {
    const missing = MISSING[error.code];
    if (missing !== undefined) return fatal(missing);
    const kind = error.status >= 500 ? 'retry' : 'fatal';
    return { kind, why: `JetStream answers ${error.code}: ${excerpt(error.message)}` };
  }
  if (error.message.includes("does not support 'tls'")) return fatal(`it speaks no TLS: ${PLAIN_OR_TLS}`);
  return socketFault(error.cause instanceof Error ? error.cause : error, PLAIN_OR_TLS);
}
