/** What provider `cloudwatch` says of itself: telemetry from the metrics that AWS keeps of a load balancer, an API or a function. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { duration, optional, preset, required, text, url } from '../../ports/option.ts';
import { answerMsOption, AWS_CREDENTIALS, awsRegion } from '../aws-env.ts';

const metric = z.string().min(1).max(255);
const dimensions = z
  .record(z.string().min(1).max(255), z.string().min(1).max(1024))
  .refine((given) => Object.keys(given).length <= 30, 'CloudWatch knows at most 30 dimensions of a metric');

export const manifest = defineManifest({
  name: 'cloudwatch',
  about:
    'Metrics in Amazon CloudWatch (an Application Load Balancer, API Gateway, Lambda, or your own), a set of dimensions for each color.',
  ports: {
    telemetry: {
      does: 'requests, server errors and latencies by color from metrics of a minute; it knows no users, so no gate is failed or proved by it alone',
      testedAgainst:
        'ministack over the official AWS SDK; percentile ranks, which it lacks, by answers in the form that AWS documents',
      peerDiffers: ['it has no percentile ranks', 'it keeps what is younger than the vendor would'],
      options: z.strictObject({
        namespace: required(metric, 'Namespace of the metrics.', 'AWS/ApplicationELB'),
        dimensions: required(
          z.strictObject({
            blue: required(dimensions, 'Of blue.'),
            green: required(dimensions, 'Of green.'),
          }),
          'What tells the metrics of one color from those of the other.',
          {
            blue: { LoadBalancer: 'app/docs/1', TargetGroup: 'targetgroup/blue/1' },
            green: { LoadBalancer: 'app/docs/1', TargetGroup: 'targetgroup/green/1' },
          },
        ),
        requests: required(metric, 'Metric whose sum is the number of users’ requests.', 'RequestCount'),
        failures: required(
          z.array(metric).min(1).max(10),
          'Metrics whose sums are the server errors among them.',
          ['HTTPCode_Target_5XX_Count'],
        ),
        latency: optional(
          metric,
          'Metric of how long they took; it must support percentiles. Left out: only probes time the colors.',
          'TargetResponseTime',
        ),
        latencyUnit: preset(z.enum(['s', 'ms']), 's', 'Unit of that metric.'),
        lag: preset(
          duration,
          '3m',
          'How late its numbers are at most: a look ends so long before it is taken.',
          'most services send their minutes within two',
        ),
        region: optional(
          text,
          'Region of the metrics. Left out: `AWS_REGION`, `AWS_DEFAULT_REGION`, then the SDK’s profile.',
          'eu-west-1',
        ),
        endpoint: optional(
          url,
          'Address of the service. Left out: `AWS_ENDPOINT_URL_CLOUDWATCH`, `AWS_ENDPOINT_URL`, then AWS itself.',
        ),
        timeoutMs: answerMsOption(20_000),
      }),
      counts: 'requests',
      byRegion: () => false,
      env: [
        awsRegion('where the metrics are'),
        ...AWS_CREDENTIALS,
        {
          oneOf: ['AWS_ENDPOINT_URL_CLOUDWATCH', 'AWS_ENDPOINT_URL'],
          why: 'another service than AWS’s',
          optional: true,
        },
      ],
    },
  },
  packages: { '@aws-sdk/client-cloudwatch': '^3.1164.0' },
});
