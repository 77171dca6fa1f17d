/**
 * Statistics of metrics over time, by `GetMetricData`.
 * Invariant: nothing is guessed: a period without data is absent, and an answer that is not whole is an error.
 */
import {
  GetMetricDataCommand,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { ProviderError } from '../../domain/errors.ts';
import { awsFault, type Meaning } from '../aws-fault.ts';

/** What is used of the client. */
export interface Asks {
  send(
    command: GetMetricDataCommand,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<Pick<GetMetricDataCommandOutput, 'MetricDataResults' | 'NextToken'>>;
}

/** One statistic of one metric. */
export interface Statistic {
  readonly metric: string;
  /** `Sum`, `SampleCount`, or a percentile rank such as `PR(:0.25)`. */
  readonly stat: string;
}

export interface Asked {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodS: number;
  /** Whole periods. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** By start of the period, epoch ms. */
export type Points = ReadonlyMap<number, number>;

/** Queries of one call at most, as the API has it. */
const AT_ONCE = 500;

const THROTTLED: Meaning = { kind: 'retry', advice: 'CloudWatch throttles' };
const DENIED: Meaning = { kind: 'fatal', advice: 'access denied: the worker needs cloudwatch:GetMetricData' };
const CREDENTIALS: Meaning = { kind: 'fatal', advice: 'AWS did not accept the credentials of the worker' };
const MEANINGS: Readonly<Record<string, Meaning>> = {
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  InvalidClientTokenId: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  CredentialsProviderError: { kind: 'fatal', advice: 'no AWS credentials in the worker’s environment' },
};

/** @returns the points of each statistic, in the order asked. @throws ProviderError */
export async function pointsOf(
  client: Asks,
  statistics: readonly Statistic[],
  asked: Asked,
  signal?: AbortSignal,
): Promise<readonly Points[]> {
  const all: Points[] = [];
  for (let done = 0; done < statistics.length; done += AT_ONCE) {
    all.push(...(await someOf(client, statistics.slice(done, done + AT_ONCE), asked, signal)));
  }
  return all;
}

async function someOf(
  client: Asks,
  statistics: readonly Statistic[],
  { namespace, dimensions, periodS, fromMs, toMs }: Asked,
  signal: AbortSignal | undefined,
): Promise<readonly Points[]> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricDataQueries = statistics.map(({ metric, stat }, i): MetricDataQuery => ({
    Id: `q${i}`,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: metric, Dimensions },
      Period: periodS,
      Stat: stat,
    },
  }));
  const points = statistics.map(() => new Map<number, number>());
  let NextToken: string | undefined;
  do {
    const input = {
      MetricDataQueries,
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      ...(NextToken === undefined ? {} : { NextToken }),
    };
    const answer = await client
      .send(new GetMetricDataCommand(input), signal === undefined ? {} : { abortSignal: signal })
      .catch((cause: unknown) => {
        throw awsFault(cause, { provider: 'cloudwatch', what: namespace, meanings: MEANINGS, signal });
      });
    for (const {
      Id = '',
      Timestamps = [],
      Values = [],
      StatusCode,
      Messages = [],
    } of answer.MetricDataResults ?? []) {
      if (StatusCode === 'InternalError' || StatusCode === 'Forbidden') {
        const why = Messages.map(({ Value }) => Value).join('; ');
        const kind = StatusCode === 'Forbidden' ? 'fatal' : 'retry';
        throw new ProviderError(
          kind,
          'cloudwatch',
          `${namespace}: ${StatusCode}${why === '' ? '' : `: ${why}`}`,
        );
      }
      for (const [i, at] of Timestamps.entries()) {
        const value = Values[i];
        if (value !== undefined) points[Number(Id.slice(1))]?.set(at.getTime(), value);
      }
    }
    ({ NextToken } = answer);
  } while (NextToken !== undefined && NextToken !== '');
  return points;
}
