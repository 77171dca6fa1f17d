/**
 * Provider `s3`: evidence in a bucket of Amazon S3 or of anything that speaks its protocol, for workers on several machines.
 * Invariant: a put is one request and atomic; the same value always lands under the same key, so a repeat changes nothing.
 */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { awsConnection } from '../aws.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type EvidencePort, type ProviderScope } from '../../ports/index.ts';
import { contentStore } from '../content-store.ts';
import { manifest } from './manifest.ts';

/** Tries of one request: S3 asks for patience (503) in the normal course of things. */
const TRIES = 3;
const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;

/** @throws UserError when an option is wrong. */
export function s3Evidence(ref: ProviderRef, { env }: Pick<ProviderScope, 'env'>): EvidencePort {
  const options = parseOptions(manifest.ports.evidence, ref, 'evidence');
  const { bucket, maxBytes } = options;
  const endpoint = options.endpoint ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const isForeign = endpoint !== undefined && !/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  const client = new S3Client({
    maxAttempts: TRIES,
    ...(isForeign ? { region: 'us-east-1' } : {}),
    ...awsConnection(options.region, endpoint, env),
    forcePathStyle: options.pathStyle ?? isForeign,
    // Digests guard the content; many stores that speak S3 refuse the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  });
  const prefix = options.prefix.split('/').filter(Boolean).join('/');
  const keyed = (key: string): { Bucket: string; Key: string } => ({
    Bucket: bucket,
    Key: prefix === '' ? key : `${prefix}/${key}`,
  });
  const place = (key: string): string => `s3://${bucket}/${keyed(key).Key}`;

  return contentStore(
    {
      name: 's3',
      root: place(''),
      place,
      has: (key) =>
        client.send(new HeadObjectCommand(keyed(key))).then(
          () => true,
          // Whatever it is, the write that follows will meet it and say it better.
          () => false,
        ),
      async write(key, bytes) {
        const ContentType = key.endsWith('.gz') ? 'application/gzip' : contentType(key);
        try {
          await client.send(new PutObjectCommand({ ...keyed(key), Body: bytes, ContentType }));
        } catch (cause) {
          throw mapError(cause, place(key), bucket);
        }
      },
      async read(key, limit) {
        try {
          const asked = new AbortController();
          const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand(keyed(key)), {
            abortSignal: asked.signal,
          });
          if (ContentLength > limit) {
            asked.abort();
            throw new ProviderError(
              'fatal',
              's3',
              `${place(key)} has ${ContentLength} bytes, more than ${limit}`,
            );
          }
          return (await Body?.transformToByteArray()) ?? null;
        } catch (cause) {
          if (isMissing(cause)) return null;
          throw mapError(cause, place(key), bucket);
        }
      },
      close: async () => client.destroy(),
    },
    maxBytes,
  );
}

function contentType(key: string): string {
  return key.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
}

/** An object that is not there; a bucket that is not there is another matter. */
function isMissing(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === 'NoSuchKey' || cause.name === 'NotFound');
}

const DENIED =
  'access denied: the worker needs s3:GetObject and s3:PutObject on its keys, and s3:ListBucket, without which a missing object looks like a forbidden one';
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
function mapError(cause: unknown, where: string, bucket: string): unknown {
  if (!(cause instanceof Error) || cause instanceof ProviderError) return cause;
  const advice = Object.hasOwn(ADVICE, cause.name) ? ADVICE[cause.name] : undefined;
  if (advice !== undefined) {
    return new ProviderError('fatal', 's3', `bucket ${bucket}: ${advice} (${cause.name})`, { cause });
  }
  const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  // No status: nothing came back (DNS, refused, reset, timeout). The same call may do better.
  const kind: ProviderErrorKind = status === undefined || status >= 500 || status === 429 ? 'retry' : 'fatal';
  const text = cause.message.split('\n')[0] ?? '';
  return new ProviderError(kind, 's3', `${where}: ${cause.name}: ${text}`, { cause });
}

export const provider = defineProvider({ name: 's3', evidence: s3Evidence });
