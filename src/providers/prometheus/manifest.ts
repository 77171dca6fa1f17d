/** What provider `prometheus` says of itself: gates over numbers that a Prometheus has, and telemetry from its counters. */
import { z } from 'zod';
import { defineManifest, type OptionFault } from '../../ports/manifest.ts';
import { duration, optional, preset, required, url } from '../../ports/option.ts';
import { callHeaders, callTimeout, gateMinSamples } from '../call-options.ts';
import { BY_COLOR, BY_REGIONS, BY_WINDOW } from './placeholders.ts';

const promql = z.string().min(1).max(10_000);
const limit = z.number().min(-1e300).max(1e300);

const options = z.strictObject({
  url: required(url, 'Base address of its API, without `/api/v1`.', 'https://prometheus.example.com'),
  headers: callHeaders,
  timeout: callTimeout,
  minSamples: gateMinSamples,
  query: optional(
    promql,
    'PromQL with `{{color}}`, asked once for each color.',
    'sum(rate(errors_total{color="{{color}}"}[{{window}}s]))',
  ),
  from: optional(promql, 'PromQL of the value of `from`; together with `to`, instead of `query`.'),
  to: optional(promql, 'PromQL of the value of `to`.'),
  compare: optional(promql, 'PromQL that compares the colors by itself, instead of `query`.'),
  samples: optional(
    promql,
    'PromQL of the number of samples; with `{{color}}` the smaller of the two counts.',
  ),
  max: optional(limit, 'Largest value of `to`, or of `compare`.'),
  min: optional(limit, 'Smallest value of `to`, or of `compare`.'),
  maxRatio: optional(z.number().gt(0).max(1e300), 'Largest value of `to` over `from`.'),
  maxIncrease: optional(limit, 'Largest value of `to` minus `from`.'),
  allowWarnings: optional(z.boolean(), 'True lets an answer with warnings decide; it may be incomplete.'),
});

export type PrometheusOptions = z.output<typeof options>;

const LIMITS = ['max', 'min', 'maxRatio', 'maxIncrease'] as const;

/** Which options go together. */
function faults(gate: z.input<typeof options>): OptionFault[] {
  const found: OptionFault[] = [];
  const add = (key: keyof PrometheusOptions | 'kind', message: string, fix: string): void =>
    void found.push({ key, message, fix });
  const forms = (['query', 'compare', 'from'] as const).filter((key) =>
    key === 'from' ? gate.from !== undefined || gate.to !== undefined : gate[key] !== undefined,
  );
  const [form, second] = forms;
  if (form === undefined) add('kind', 'asks nothing', 'write query, from and to, or compare');
  if (second !== undefined) add(second, `stands beside ${String(form)}`, 'keep one of them');
  if (form === 'from' && gate.from === undefined) add('to', 'has no `from` beside it', 'write both');
  if (form === 'from' && gate.to === undefined) add('from', 'has no `to` beside it', 'write both');
  if (form === 'query' && !BY_COLOR.test(gate.query ?? '')) {
    add('query', 'holds no {{color}}, so both colors would be asked the same', 'write {{color}}, or compare');
  }
  if (form === 'compare') {
    for (const key of ['maxRatio', 'maxIncrease'] as const) {
      if (gate[key] !== undefined) add(key, 'needs a value of each color', 'write max, or query');
    }
  }
  if (LIMITS.every((key) => gate[key] === undefined)) {
    add('kind', 'has no limit, so it could only pass', 'write max, min, maxRatio or maxIncrease');
  }
  if (gate.max !== undefined && gate.min !== undefined && gate.min > gate.max) {
    add('min', `is over max (${gate.max})`, 'nothing could pass');
  }
  if (gate.minSamples !== undefined && gate.samples === undefined) {
    add('minSamples', 'needs `samples`', 'write the query that counts them');
  }
  return found;
}

const telemetryOptions = z.strictObject({
  url: options.shape.url,
  headers: callHeaders,
  timeout: optional(duration, 'Longest time for one query; 30s when left out.', '10s'),
  requests: required(
    promql,
    'PromQL of the number of users’ requests of `{{color}}` in the `{{window}}` seconds before its instant, one number.',
    'sum(increase(http_requests_total{color="{{color}}"}[{{window}}s]))',
  ),
  failures: required(
    promql,
    'PromQL of the number of server errors among them.',
    'sum(increase(http_requests_total{color="{{color}}",code=~"5.."}[{{window}}s]))',
  ),
  latency: optional(
    promql,
    'PromQL of how long they took: a classic histogram by `le`, or a native one. Left out: only probes time the colors.',
    'sum by (le) (increase(http_request_duration_seconds_bucket{color="{{color}}"}[{{window}}s]))',
  ),
  latencyUnit: preset(z.enum(['s', 'ms']), 's', 'Unit of the histogram.'),
  lag: preset(
    duration,
    '30s',
    'How late its numbers are at most: a look ends so long before it is taken.',
    'two scrapes of 15 s',
  ),
  allowWarnings: optional(
    z.boolean(),
    'True reads an answer with warnings all the same; it may be incomplete.',
  ),
});

export type PrometheusTelemetryOptions = z.output<typeof telemetryOptions>;

const QUERIES = ['requests', 'failures', 'latency'] as const;

function telemetryFaults(given: z.input<typeof telemetryOptions>): OptionFault[] {
  return QUERIES.flatMap((key): OptionFault[] => {
    const query = given[key];
    if (query === undefined) return [];
    if (!BY_COLOR.test(query)) {
      return [
        { key, message: 'holds no {{color}}, so both colors would be asked the same', fix: 'select by it' },
      ];
    }
    return BY_WINDOW.test(query)
      ? []
      : [
          {
            key,
            message: 'holds no {{window}}, so every stretch would be as long',
            fix: 'write increase(…[{{window}}s])',
          },
        ];
  });
}

/** Where each query selects by them. */
function byRegion(given: z.input<typeof telemetryOptions>): boolean {
  return QUERIES.every((key) => given[key] === undefined || BY_REGIONS.test(given[key]));
}

export const manifest = defineManifest({
  name: 'prometheus',
  about: 'A Prometheus, or anything that answers its API (Thanos, Mimir, VictoriaMetrics).',
  ports: {
    gate: {
      does: 'compares the numbers of both colors, or one that compares them, with limits',
      testedAgainst: 'Debian’s Prometheus',
      options,
      faults,
    },
    telemetry: {
      does: 'requests, server errors and latencies by color from counters and histograms; it knows no users, so no gate is failed or proved by it alone',
      testedAgainst: 'Debian’s Prometheus',
      options: telemetryOptions,
      faults: telemetryFaults,
      counts: 'requests',
      byRegion,
    },
  },
});
