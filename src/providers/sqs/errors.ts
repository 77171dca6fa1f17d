/**
 * What an SQS failure means, decided here and nowhere else.
 * Invariant: a cancelled call is rethrown untouched; everything else leaves as `ProviderError`.
 * Source: SQS API reference, "Common Errors" and the errors of each action.
 */
import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';

interface Meaning {
  readonly kind: ProviderErrorKind;
  readonly advice: string;
}

const THROTTLED: Meaning = { kind: 'retry', advice: 'SQS throttles' };
const DENIED: Meaning = {
  kind: 'fatal',
  advice:
    'access denied: the worker needs sqs:GetQueueAttributes, sqs:ReceiveMessage, DeleteMessage and ChangeMessageVisibility on the source, and sqs:SendMessage on the target',
};
const MISSING: Meaning = {
  kind: 'fatal',
  advice: 'the queue does not exist (or is in another region or account)',
};
const CREDENTIALS: Meaning = { kind: 'fatal', advice: 'AWS did not accept the credentials of the worker' };

const BY_NAME: Readonly<Record<string, Meaning>> = {
  RequestThrottled: THROTTLED,
  ThrottlingException: THROTTLED,
  Throttling: THROTTLED,
  TooManyRequestsException: THROTTLED,
  KmsThrottled: THROTTLED,
  OverLimit: THROTTLED,
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  KmsAccessDenied: DENIED,
  QueueDoesNotExist: MISSING,
  'AWS.SimpleQueueService.NonExistentQueue': MISSING,
  InvalidAddress: MISSING,
  InvalidClientTokenId: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  CredentialsProviderError: { kind: 'fatal', advice: 'no AWS credentials in the worker’s environment' },
};

/** A refusal of a single entry that the same call may not meet again. */
export function isTransientCode(code: string): boolean {
  return BY_NAME[code]?.kind === 'retry';
}

/** @param queue the queue's address, named in the message. */
export function mapSqsError(error: unknown, queue: string, signal?: AbortSignal): unknown {
  if (signal?.aborted === true || error instanceof ProviderError || !(error instanceof Error)) return error;
  const known = BY_NAME[error.name];
  if (known !== undefined) {
    return new ProviderError(known.kind, 'sqs', `${queue}: ${known.advice} (${error.name})`, {
      cause: error,
    });
  }
  const status = httpStatus(error);
  // No status: nothing came back (DNS, refused, reset, timeout). The same call may do better.
  const kind: ProviderErrorKind = status === null || status >= 500 || status === 429 ? 'retry' : 'fatal';
  return new ProviderError(kind, 'sqs', `${queue}: ${error.name}: ${error.message.split('\n')[0] ?? ''}`, {
    cause: error,
  });
}

function httpStatus(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: unknown };
  return typeof httpStatusCode === 'number' ? httpStatusCode : null;
}
