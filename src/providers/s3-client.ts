/** How every S3 client of ours connects, and what a failure of the store means: Amazon's, or anything that speaks its protocol. */
import { S3Client } from '@aws-sdk/client-s3';
import type { ProviderScope } from '../ports/index.ts';
import { awsFault, type Meaning } from './aws-fault.ts';
import { answersWithin, awsConnection } from './aws.ts';

/** Tries of one request: S3 asks for patience (503) in the normal course of things. */
const TRIES = 3;
/** Longest wait for one answer, ms. */
const ANSWER_MS = 20_000;

export interface S3Options {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly timeoutMs?: number;
}

export function s3Client(
  { region, endpoint: given, pathStyle, timeoutMs = ANSWER_MS }: S3Options,
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
    ...answersWithin(timeoutMs),
  });
}

const DENIED =
  'access denied: the worker needs s3:GetObject on its keys, s3:PutObject too where it writes, and s3:ListBucket, without which a missing object looks like a forbidden one';
const CREDENTIALS = 'the store did not accept the credentials of the worker';

const MEANINGS = fatal({
  NoSuchBucket: 'there is no such bucket (or it is in another region or account)',
  PermanentRedirect: 'the bucket is in another region: set `region`',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set `region`',
  AccessDenied: DENIED,
  Forbidden: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  CredentialsProviderError: 'no AWS credentials in the worker’s environment',
});

function fatal(advice: Readonly<Record<string, string>>): Readonly<Record<string, Meaning>> {
  return Object.fromEntries(
    Object.entries(advice).map(([name, one]) => [name, { kind: 'fatal', advice: one }]),
  );
}

/** What a failure of the store means, decided here and nowhere else. */
export function s3Fault(cause: unknown, where: string, bucket: string, provider: string): unknown {
  const isKnown = cause instanceof Error && Object.hasOwn(MEANINGS, cause.name);
  return awsFault(cause, { provider, what: isKnown ? `bucket ${bucket}` : where, meanings: MEANINGS });
}
