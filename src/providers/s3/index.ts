/**
 * Provider `s3`: evidence in a bucket of Amazon S3 or of anything that speaks its protocol, for workers on several machines.
 * Invariant: a put is one request and atomic; the same value always lands under the same key, so a repeat changes nothing.
 */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type EvidencePort, type ProviderScope } from '../../ports/index.ts';
import { contentStore } from '../content-store.ts';
import { s3Client, s3Fault } from '../s3-client.ts';
import { manifest } from './manifest.ts';

/** @throws UserError when an option is wrong. */
export function s3Evidence(ref: ProviderRef, { env }: Pick<ProviderScope, 'env'>): EvidencePort {
  const options = parseOptions(manifest.ports.evidence, ref, 'evidence');
  const { bucket, maxBytes } = options;
  const client = s3Client(options, env);
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
          throw s3Fault(cause, place(key), bucket, 's3');
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
          throw s3Fault(cause, place(key), bucket, 's3');
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

export const provider = defineProvider({ name: 's3', evidence: s3Evidence });
