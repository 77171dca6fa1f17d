/**
 * A CloudWatch for tests, by ministack. CUTOVER_TEST_CLOUDWATCH (an endpoint) names one that runs; else it is started on first use and
 * announced to child processes by that variable.
 */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { startMinistack } from './ministack.ts';

export interface CloudwatchServer {
  /** Variables with which the SDK reaches it. */
  readonly env: Readonly<Record<string, string>>;
  /** A client of the vendor's own, without our code in between. */
  readonly client: CloudWatchClient;
}

let started: Promise<CloudwatchServer> | undefined;

/** The one that the tests of a run share. Throws where it cannot be had. */
export function sharedCloudwatch(): Promise<CloudwatchServer> {
  return (started ??= open());
}

async function open(): Promise<CloudwatchServer> {
  const endpoint = process.env['CUTOVER_TEST_CLOUDWATCH'] ?? (await startMinistack('monitoring'));
  process.env['CUTOVER_TEST_CLOUDWATCH'] = endpoint;
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_CLOUDWATCH: endpoint,
  };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { env, client: new CloudWatchClient({ endpoint, region: env.AWS_REGION, credentials }) };
}
