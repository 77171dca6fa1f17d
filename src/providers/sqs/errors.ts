/**
 * What an SQS failure means, decided here and nowhere else.
 * Invariant: a cancelled call is rethrown untouched; everything else leaves as `ProviderError`.
 * Source: SQS API reference, "Common Errors" and the errors of each action.
 */
import { awsFault, type Meaning } from '../aws-fault.ts';

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
  return awsFault(error, { provider: 'sqs', what: queue, meanings: BY_NAME, signal });
}
