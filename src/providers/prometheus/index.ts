/**
 * Custom gates of kind `prometheus`: the numbers of each color, or one that compares them, against limits.
 * Invariant: every query of a look is evaluated at the end of its window, so all arms see the same instant and the same
 * look asked again gives the same answer.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { CustomResult } from '../../domain/look-input.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { defineProvider, type CustomGatePort, type ProviderScope } from '../../ports/index.ts';
import { msOf, oneLine, parseGate, type GateQuestion } from '../gate-question.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import { judgeLimits } from './limits.ts';
import { manifest, type PrometheusOptions } from './manifest.ts';
import { BY_COLOR, fillQuery } from './placeholders.ts';
import { queryAt, type QueryResult, type QueryTarget } from './query.ts';
import { prometheusTelemetry } from './telemetry.ts';

const TIMEOUT_MS = 10_000;
/** Longest time that repeats of a query may take beyond its first try, ms. */
const REPEAT_MS = 15_000;

/** What to ask, placeholders filled in. */
interface Queries {
  /** Absent: the query compares by itself. */
  readonly from?: string;
  readonly to: string;
  /** One query, or one for each color. */
  readonly samples: readonly string[];
}

interface Answers {
  readonly from?: number | null;
  readonly to: number | null;
  readonly n: number | null;
  readonly warnings: readonly string[];
}

/** Opens the judge of `kind: prometheus`. */
export function prometheusGate(_: ProviderRef, scope: ProviderScope): CustomGatePort {
  return {
    async judge(input, context): Promise<CustomResult> {
      const options = parseGate(manifest.ports.gate, 'prometheus', input);
      const headers = fillHeaders(options.headers, scope.env, `custom gate ${input.name}`);
      const queries = queriesOf(options, input, scope.service);
      const timeoutMs = msOf(options.timeout, TIMEOUT_MS);
      const untilMs = Date.now() + REPEAT_MS;
      const target = { url: options.url, headers, timeoutMs, untilMs, signal: context.signal };
      try {
        const answers = await ask(target, queries, input.windowToMs);
        const judged = decide(answers, options);
        const { from = null, to, n } = answers;
        return {
          name: input.name,
          verdict: judged.verdict,
          reason: oneLine(judged.reason),
          from: finite(from),
          to: finite(to),
          n: finite(n),
        };
      } catch (cause) {
        if (!(cause instanceof ProviderError)) throw cause;
        const reason = oneLine(cause.message);
        return { name: input.name, verdict: 'error', reason, from: null, to: null, n: null };
      }
    },
  };
}

/** @throws UserError on a placeholder that does not exist. */
function queriesOf(options: PrometheusOptions, input: GateQuestion, service: string): Queries {
  const { from, to, windowFromMs, windowToMs } = input;
  // A range of 0 is no PromQL; the first look of a hold may be that early.
  const window = Math.max(1, Math.round((windowToMs - windowFromMs) / 1000));
  const fill = (query: string, color: Color | null): string => {
    const values = { window: String(window), service, from, to, ...(color === null ? {} : { color }) };
    return fillQuery(query, values, `custom gate ${input.name}`);
  };
  const { samples } = options;
  const counts =
    samples === undefined
      ? []
      : BY_COLOR.test(samples)
        ? [fill(samples, from), fill(samples, to)]
        : [fill(samples, null)];
  if (options.compare !== undefined) return { to: fill(options.compare, null), samples: counts };
  return {
    from: fill(options.from ?? options.query ?? '', from),
    to: fill(options.to ?? options.query ?? '', to),
    samples: counts,
  };
}

async function ask(target: QueryTarget, { from, to, samples }: Queries, atMs: number): Promise<Answers> {
  const query = (text: string): Promise<QueryResult> => queryAt(target, text, atMs);
  const [ofFrom, ofTo, ...counts] = await Promise.all([
    from === undefined ? null : query(from),
    query(to),
    ...samples.map(query),
  ]);
  // No series of a counter is no request, not an unknown number of them.
  const n = counts.length === 0 ? null : Math.min(...counts.map(({ value }) => value ?? 0));
  const all = [...(ofFrom === null ? [] : [ofFrom]), ofTo, ...counts];
  return {
    ...(ofFrom === null ? {} : { from: ofFrom.value }),
    to: ofTo.value,
    n,
    warnings: [...new Set(all.flatMap((one) => one.warnings))],
  };
}

/** A warning says that the answer may be incomplete: it decides nothing unless the plan allows it. */
function decide(answers: Answers, options: PrometheusOptions): Pick<CustomResult, 'verdict' | 'reason'> {
  const judged = judgeLimits(answers, options);
  if (answers.warnings.length === 0) return judged;
  const reason = `${judged.reason}; Prometheus warns: ${answers.warnings.join('; ')}`;
  const isDecided = judged.verdict === 'pass' || judged.verdict === 'fail';
  return { verdict: isDecided && options.allowWarnings !== true ? 'inconclusive' : judged.verdict, reason };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

export const provider = defineProvider({
  name: 'prometheus',
  gate: prometheusGate,
  telemetry: prometheusTelemetry,
});
