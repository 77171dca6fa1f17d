/** What a failure of NATS means, decided here and nowhere else. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  PermissionViolationError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { socketFault } from '../socket-fault.ts';

const MISSING: Readonly<Record<number, string>> = {
  [JetStreamApiCodes.StreamNotFound]: 'it has no such stream: check `stream` of both colors',
  [JetStreamApiCodes.ConsumerNotFound]: 'the stream has no such consumer: check `consumer` of both colors',
};

const PLAIN_OR_TLS = 'tls:// or nats://?';

/** @param where the address without credentials, named in the message. */
export function mapNatsError(error: unknown, where: string): ProviderError {
  const made = (kind: ProviderErrorKind, why: string): ProviderError =>
    new ProviderError(kind, 'nats', `${where}: ${why}`, { cause: error });
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Error)) return made('retry', String(error));
  if (error.name === 'JetStreamNotEnabled') {
    return made(
      'retry',
      'JetStream does not answer: is it enabled for this account, has the stream a leader?',
    );
  }
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError)
    return made(
      'fatal',
      'it does not accept the credentials: check NATS_USER and NATS_PASSWORD, or NATS_TOKEN',
    );
  if (error instanceof PermissionViolationError)
    return made('fatal', `its user may not do that: ${excerpt(error.message)}`);
  if (error instanceof JetStreamApiError) {
    const missing = MISSING[error.code];
    if (missing !== undefined) return made('fatal', missing);
    const kind = error.status >= 500 ? 'retry' : 'fatal';
    return made(kind, `JetStream answers ${error.code}: ${excerpt(error.message)}`);
  }
  if (error.message.includes("does not support 'tls'"))
    return made('fatal', `it speaks no TLS: ${PLAIN_OR_TLS}`);
  const cause = error.cause instanceof Error ? error.cause : error;
  const { kind, why } = socketFault(cause, PLAIN_OR_TLS);
  return made(kind, why);
}
