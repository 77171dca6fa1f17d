/**
 * Custom gates of kind `http`: a service of the user's own is asked by POST and answers done, failed or in progress.
 * Invariant: all calls of one gate in one hold carry the same idempotency key, whatever is retried or polled, so a hook is
 * started once; an answer that cannot be read is `error` and one that does not come in time `inconclusive`, never a pass.
 */
import { z } from 'zod';
import { ProviderError } from '../../domain/errors.ts';
import type { Verdict } from '../../domain/gate.ts';
import type { CustomResult } from '../../domain/look-input.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { retryAfterMs } from '../../domain/retry-after.ts';
import { call, showUrl, type Answer } from '../fetch.ts';
import type { CustomGatePort, ProviderScope } from '../../ports/index.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import { msOf, oneLine, parseGate, type GateQuestion } from '../gate-question.ts';
import { pause, tries } from '../tries.ts';
import { manifest } from './manifest.ts';

const WAIT_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Pause between two polls when the service names none, and the shortest one it may name, ms. */
const POLL_MS = 2000;
const SHORTEST_POLL_MS = 100;

/** Our words and those of Amazon ECS lifecycle hooks, so that a hook written for those answers here as it is. */
const STATUS = {
  done: 'pass',
  succeeded: 'pass',
  failed: 'fail',
  in_progress: null,
  inconclusive: 'inconclusive',
} as const satisfies Record<string, Verdict | null>;

const number = z.number().nullish();
const answerSchema = z
  .object({
    status: z.string().max(100).optional(),
    hookStatus: z.string().max(100).optional(),
    reason: z.string().max(100_000).nullish(),
    from: number,
    to: number,
    n: z.number().nonnegative().nullish(),
  })
  .transform((answer, context) => {
    const given = answer.status ?? answer.hookStatus ?? '';
    const status = given.toLowerCase();
    if (isStatus(status)) return { ...answer, verdict: STATUS[status] };
    const known = Object.keys(STATUS).join(', ');
    context.addIssue({ code: 'custom', path: ['status'], message: `must be one of ${known}` });
    return z.NEVER;
  });

/** Opens the judge of `kind: http`; it lives in the provider `http`. */
export function httpGate(_: ProviderRef, scope: ProviderScope): CustomGatePort {
  return {
    async judge(input, context): Promise<CustomResult> {
      const options = parseGate(manifest.ports.gate, 'http', input);
      const headers = fillHeaders(options.headers, scope.env, `custom gate ${input.name}`);
      const untilMs = Date.now() + msOf(options.wait, WAIT_MS);
      const nothing = { name: input.name, from: null, to: null, n: null };
      const request = {
        provider: 'http gate',
        url: options.url,
        method: 'POST' as const,
        headers: {
          accept: 'application/json',
          ...headers,
          'content-type': 'application/json',
          'idempotency-key': keyOf(input),
        },
        body: JSON.stringify(bodyOf(input, scope.service)),
        signal: context.signal,
        timeoutMs: msOf(options.timeout, TIMEOUT_MS),
      };
      try {
        for (;;) {
          const answer = await tries(() => call(request), { untilMs, signal: context.signal });
          const read = readAnswer(answer, options.url);
          if (read.verdict !== null) return decided(read, input.name, options.minSamples);
          const waitMs = Math.max(
            SHORTEST_POLL_MS,
            retryAfterMs(answer.headers.get('retry-after'), Date.now()) ?? POLL_MS,
          );
          if (Date.now() + waitMs > untilMs) {
            const so = read.reason === undefined || read.reason === null ? '' : `: ${read.reason}`;
            const reason = oneLine(`still in progress${so}`);
            return { ...nothing, verdict: 'inconclusive', reason };
          }
          await pause(waitMs, context.signal);
        }
      } catch (cause) {
        if (!(cause instanceof ProviderError)) throw cause;
        return { ...nothing, verdict: 'error', reason: oneLine(cause.message) };
      }
    },
  };
}

/** Stable for one gate in one hold; the look is in the body. A header holds ASCII only. */
function keyOf({ switchId, step, name }: GateQuestion): string {
  return `${switchId}/${step}/${name}`.replaceAll(/[^\x20-\x7e]+/g, encodeURIComponent);
}

function bodyOf(input: GateQuestion, service: string): Record<string, unknown> {
  const { switchId, name: gate, step, from, to, windowFromMs, windowToMs } = input;
  return { switchId, service, gate, step, from, to, windowFromMs, windowToMs };
}

/** @throws ProviderError kind `fatal` when the answer is not what this gate expects. */
function readAnswer(answer: Answer, url: string): z.output<typeof answerSchema> {
  let json: unknown;
  try {
    json = JSON.parse(answer.text);
  } catch (cause) {
    throw new ProviderError('fatal', 'http gate', `${showUrl(url)}: the answer is not JSON`, { cause });
  }
  const parsed = answerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw new ProviderError('fatal', 'http gate', `${showUrl(url)}: ${where}: ${issue?.message ?? 'is wrong'}`);
}

function decided(
  answer: z.output<typeof answerSchema>,
  name: string,
  minSamples: number | undefined,
): CustomResult {
  const { verdict } = answer;
  const [from, to, n] = [answer.from ?? null, answer.to ?? null, answer.n ?? null];
  const said = answer.reason ?? '';
  const reason = oneLine(said === '' ? 'the service gave no reason' : said);
  const result = { name, verdict: verdict ?? ('inconclusive' as const), reason, from, to, n };
  if (minSamples === undefined || (n !== null && n >= minSamples)) return result;
  // Without a count nobody knows what a pass rests on; a fail the service is sure of stands.
  if (n === null && verdict !== 'pass') return result;
  const shown = n === null ? 'an unknown number of' : String(n);
  return {
    ...result,
    verdict: 'inconclusive',
    reason: oneLine(`${shown} samples, ${minSamples} are needed; ${reason}`),
  };
}

function isStatus(status: string): status is keyof typeof STATUS {
  return Object.hasOwn(STATUS, status);
}
