/** Objects of a bucket, listed and read, for providers that follow a store. Loads the vendor's SDK: import it where it is needed. */
import { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { ProviderScope } from '../ports/index.ts';
import { s3Client, s3Fault } from './s3-client.ts';

export interface Listed {
  readonly key: string;
  readonly etag: string;
  readonly writtenMs: number;
}

export interface Content {
  readonly body: Readable;
  readonly etag: string | null;
  /** The store says that the bytes are gzip. */
  readonly isPacked: boolean;
}

/** Both throw ProviderError when the store does not answer as it should. */
export interface BucketReader {
  list(prefix: string, signal: AbortSignal | undefined): Promise<readonly Listed[]>;
  read(key: string, signal: AbortSignal | undefined): Promise<Content>;
  close(): void;
}

/** @param provider who reads, for messages */
export function bucketReader(bucket: string, env: ProviderScope['env'], provider: string): BucketReader {
  const client = s3Client({}, env);
  const asked = async <T>(
    key: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      throw s3Fault(cause, `s3://${bucket}/${key}`, bucket, provider);
    }
  };
  return {
    list: (prefix, signal) =>
      asked(prefix, signal, async () => {
        const found: Listed[] = [];
        for await (const { Contents = [] } of paginateListObjectsV2(
          { client },
          { Bucket: bucket, Prefix: prefix },
        )) {
          signal?.throwIfAborted();
          for (const { Key: key = '', ETag: etag = '', LastModified } of Contents) {
            found.push({ key, etag, writtenMs: LastModified?.getTime() ?? Date.now() });
          }
        }
        return found;
      }),
    read: (key, signal) =>
      asked(key, signal, async () => {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
        const { Body, ETag, ContentEncoding } = answer;
        return {
          body: Body instanceof Readable ? Body : Readable.from([]),
          etag: ETag ?? null,
          isPacked: ContentEncoding === 'gzip',
        };
      }),
    close: () => client.destroy(),
  };
}
