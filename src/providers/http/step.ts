/**
 * Steps of the user's own as HTTP calls: `do: {http: …}` in a plan.
 * Invariant: every try of a step carries the same idempotency key; an answer that is not the expected one is not done yet, and never
 * taken for done.
 */
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { excerpt } from '../../domain/redact.ts';
import { retryAfterMs } from '../../domain/retry-after.ts';
import type { ProviderScope, StepInput, StepPort } from '../../ports/index.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import { pointer } from '../../probes/lookup.ts';
import { call, showUrl, type Answer } from '../fetch.ts';
import { msOf } from '../gate-question.ts';
import { parseOptions } from '../options.ts';
import { manifest } from './manifest.ts';

const NAME = 'http';
const TIMEOUT_MS = 10_000;

type Options = ReturnType<typeof parseOptions<typeof manifest.ports.step.options>>;

/** @throws UserError when an option is wrong or a variable of a header is not set. */
export function httpStep(ref: ProviderRef, scope: ProviderScope): StepPort {
  const options = parseOptions(manifest.ports.step, ref, 'step');
  const { method, url, expect = {} } = options;
  const headers = fillHeaders(options.headers, scope.env, `the step that calls ${showUrl(url)}`);
  const statuses = typeof expect.status === 'number' ? [expect.status] : expect.status;
  const found = expect.at === undefined ? null : pointer(expect.at, 'expect.at');
  return {
    async perform(input, { idempotencyKey, signal }) {
      const body = bodyOf(options, input);
      const answer = await call({
        provider: NAME,
        url,
        method,
        headers: {
          accept: 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          ...headers,
          'idempotency-key': idempotencyKey,
          ...(input.undoes === null ? {} : { 'x-cutover-undoes': input.undoes }),
        },
        ...(body === null ? {} : { body }),
        signal,
        timeoutMs: msOf(options.timeout, TIMEOUT_MS),
        accept: statuses ?? [],
      });
      const said = `${method} ${showUrl(url)} answered ${answer.status}`;
      if (statuses !== undefined && !statuses.includes(answer.status))
        throw notYet(answer, `${said}, not ${statuses.join(' or ')}`);
      if (found !== null) {
        const is = found(jsonOf(answer, said));
        if (is !== expect.is) {
          const shown = excerpt(is === undefined ? 'nothing' : JSON.stringify(is));
          throw notYet(answer, `${said}, with ${shown} at ${expect.at}, not ${JSON.stringify(expect.is)}`);
        }
      }
      const text = excerpt(answer.text);
      return { detail: text === '' ? said : `${said}: ${text}` };
    },
  };
}

/** A receiver that has accepted a step and is not through with it is asked again. */
function notYet(answer: Answer, message: string): ProviderError {
  const waitMs = retryAfterMs(answer.headers.get('retry-after'), Date.now());
  return new ProviderError('retry', NAME, message, waitMs === null ? {} : { retryAfterMs: waitMs });
}

function jsonOf(answer: Answer, said: string): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new ProviderError('fatal', NAME, `${said}, which is no JSON`, { cause });
  }
}

function bodyOf({ method, body }: Options, input: StepInput): string | null {
  if (body !== undefined) return JSON.stringify(body);
  return method === 'GET' || method === 'DELETE' ? null : JSON.stringify(input);
}
