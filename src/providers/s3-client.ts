/** How every S3 client of ours connects, and what a failure of the store means: Amazon's, or anything that speaks its protocol. */
import { S3Client } from '@aws-sdk/client-s3';
import { ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import type { ProviderScope } from '../ports/index.ts';
import { awsConnection } from './aws.ts';

/** Tries of one request: S3 asks for patience (503) in the normal course of things. */
const TRIES = 3;
const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;

export interface S3Options {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly pathStyle?: boolean | undefined;
}

export function s3Client(
  { region, endpoint: given, pathStyle }: S3Options,
  env: ProviderScope['env'],
): S3Client {
  const endpoint = given ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const isForeign = endpoint !== undefined && !/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  return new S3Client({
    maxAttempts: TRIES,
    ...(isForeign ? { region: 'us-east-1' } : {}),
    ...awsConnection(region, endpoint, env),
    forcePathStyle: pathStyle ?? isForeign,
    // Digests guard the content; many stores that speak S3 refuse the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  });
}

const DENIED =
  'access denied: the worker needs s3:GetObject on its keys, s3:PutObject too where it writes, and s3:ListBucket, without which a missing object looks like a forbidden one';
const CREDENTIALS = 'the store did not accept the credentials of the worker';

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket (or it is in another region or account)',
  PermanentRedirect: 'the bucket is in another region: set `region`',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set `region`',
  AccessDenied: DENIED,
  Forbidden: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  CredentialsProviderError: 'no AWS credentials in the worker’s environment',
};

/** What a failure of the store means, decided here and nowhere else. */
export function s3Fault(cause: unknown, where: string, bucket: string, provider: string): unknown {
  if (!(cause instanceof Error) || cause instanceof ProviderError) return cause;
  const advice = Object.hasOwn(ADVICE, cause.name) ? ADVICE[cause.name] : undefined;
  if (advice !== undefined) {
    return new ProviderError('fatal', provider, `bucket ${bucket}: ${advice} (${cause.name})`, { cause });
  }
  const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  // No status: nothing came back (DNS, refused, reset, timeout). The same call may do better.
  const kind: ProviderErrorKind = status === undefined || status >= 500 || status === 429 ? 'retry' : 'fatal';
  const text = cause.message.split('\n')[0] ?? '';
  return new ProviderError(kind, provider, `${where}: ${cause.name}: ${text}`, { cause });
}
