/**
 * A real S3 server for tests: ministack (PyPI, pinned), installed on first use into a folder of ours. CUTOVER_TEST_S3 (an endpoint)
 * names one that runs; else it is started on first use and announced to child processes by that variable.
 * Invariant: it listens on loopback only, keeps everything in memory, and ends with the process that started it, however that ends.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startMinistack } from './ministack.ts';

export interface S3Server {
  readonly endpoint: string;
  /** Variables with which the SDK reaches it. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a bucket of a new name. */
  readonly bucket: () => Promise<string>;
  /** A client of the vendor's own, without our code in between. */
  readonly client: S3Client;
}

let started: Promise<S3Server> | undefined;

/** The S3 server that the tests of one run share. Throws where it cannot be had. */
export function sharedS3(): Promise<S3Server> {
  return (started ??= open());
}

async function open(): Promise<S3Server> {
  const endpoint = process.env['CUTOVER_TEST_S3'] ?? (await startMinistack('s3'));
  process.env['CUTOVER_TEST_S3'] = endpoint;
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
  };
  const client = new S3Client({
    endpoint,
    region: env.AWS_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let count = 0;
  const bucket = async (): Promise<string> => {
    const name = `evidence-${process.pid}-${(count += 1)}`;
    await client.send(new CreateBucketCommand({ Bucket: name }));
    return name;
  };
  return { endpoint, env, bucket, client };
}
