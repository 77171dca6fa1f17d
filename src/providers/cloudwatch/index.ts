/** Provider `cloudwatch`: telemetry from metrics of AWS. */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { ProviderRef } from '../../domain/plan.ts';
import { defineProvider, type ProviderScope, type TelemetryPort } from '../../ports/index.ts';
import { answersWithin, awsConnection } from '../aws.ts';
import { histogramTelemetry } from '../histogram-telemetry.ts';
import { parseOptions } from '../options.ts';
import { manifest } from './manifest.ts';
import { cloudwatchSource } from './source.ts';

const TRIES = 3;

/** @throws UserError when an option is wrong */
function cloudwatchTelemetry(ref: ProviderRef, { env }: Pick<ProviderScope, 'env'>): TelemetryPort {
  const asked = parseOptions(manifest.ports.telemetry, ref, 'telemetry');
  const { region, endpoint: given, timeoutMs, ...metrics } = asked;
  const endpoint = given ?? env['AWS_ENDPOINT_URL_CLOUDWATCH'] ?? env['AWS_ENDPOINT_URL'];
  const client = new CloudWatchClient({
    maxAttempts: TRIES,
    ...awsConnection(region, endpoint, env),
    ...answersWithin(timeoutMs),
  });
  return histogramTelemetry({
    ...cloudwatchSource(client, metrics),
    close: () => Promise.resolve(client.destroy()),
  });
}

export const provider = defineProvider({ name: 'cloudwatch', telemetry: cloudwatchTelemetry });
