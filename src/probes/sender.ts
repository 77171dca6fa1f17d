/**
 * Sends one cell of the grid to one color and reads the answer, with a clock and a name for every way to fail.
 *
 * Invariant: `send` rejects only when the caller aborts or when the answer does not show that it is the asked color's;
 * everything the service does wrong is an error class (`error-class.ts`). Bodies are bounded, redirects are not followed (a pin must not travel elsewhere).
 */
import type { Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import type { ProbeRequest } from '../domain/plan.ts';
import type { Probe, ProbeCell } from '../domain/probe.ts';
import { PinNotFollowedError } from '../edge/pinned.ts';
import { retryAfterMs } from '../domain/retry-after.ts';
import type { Dialect } from '../domain/streams/dialect.ts';
import type { AnswerCheck } from './answer-schema.ts';
import { DeadlineError, errorClass, probeStatusClass } from './error-class.ts';
import type { SendStage } from './error-class.ts';
import { readAnswer } from './read-answer.ts';
import type { MappedAnswer, ResponseMapper } from './response-map.ts';
import { compileTemplate } from './template.ts';

/** Longest answer read, bytes after decompression. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface SentAnswer {
  readonly cell: ProbeCell;
  readonly color: Color;
  /** Epoch ms. */
  readonly sentAtMs: number;
  readonly status: number | null;
  /** What the answer's `Retry-After` asks for, ms; null when it asks for nothing. */
  readonly retryAfterMs: number | null;
  /** `stage:kind[:code]`, or null when the answer could be read and mapped. */
  readonly error: string | null;
  /** Milliseconds from request start; null on error. */
  readonly latencyMs: { readonly tffb: number; readonly tusable: number; readonly tfinal: number } | null;
  /** Milliseconds to the outcome, whatever it was. */
  readonly elapsedMs: number;
  readonly answer: MappedAnswer | null;
  /** Codes of the answer schema. */
  readonly schemaViolations: readonly string[];
  readonly cold: boolean;
}

export interface SenderOptions {
  readonly request: ProbeRequest;
  /** Base URL for each color: the entry URL twice for `via: edge`, the color's own for `direct`. */
  readonly baseUrls: Readonly<Record<Color, string>>;
  readonly map: ResponseMapper;
  readonly check: AnswerCheck;
  /** Stream dialects of the user's own. Default: none. */
  readonly dialects?: readonly Dialect[];
  /** Headers that send a request to a color: a signed pin at the edge, nothing or a plain header when direct. */
  readonly pin: (
    color: Color,
  ) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** In words why an answer does not show that its color was asked because of the pin. Default: every answer does. */
  readonly pinFault?: (headers: Headers, color: Color) => string | null;
  /** Milliseconds from request start to the end of the body. */
  readonly timeoutMs: number;
  /** Default: the global, pooled one. */
  readonly fetch?: typeof fetch;
  /** Default 4 MB. */
  readonly maxBodyBytes?: number;
}

export interface Sender {
  /** @throws the signal's reason when aborted; PinNotFollowedError when it cannot be said which color answered. */
  send(probe: Probe, cell: ProbeCell, color: Color, signal?: AbortSignal): Promise<SentAnswer>;
}

function baseUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/u.test(parsed.protocol))
    throw new UserError(`${url} is not an http(s) URL`);
  return url.replace(/\/+$/u, '');
}

/**
 * Makes a sender; one serves all cells of a switch.
 * @throws UserError on a template or URL that cannot work.
 */
export function createSender(options: SenderOptions): Sender {
  const fill = compileTemplate(options.request);
  const urls = { blue: baseUrl(options.baseUrls.blue), green: baseUrl(options.baseUrls.green) };
  const reading = {
    maxBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    isStream: options.request.stream,
    dialects: options.dialects ?? [],
  };
  const own: Record<string, string> = {
    accept: options.request.stream ? 'text/event-stream' : 'application/json',
    ...(options.request.method === 'GET' ? {} : { 'content-type': 'application/json' }),
  };
  /** Those of the plan win over ours, and the pin over all: in an object names of another case would be sent beside each other. */
  const headersOf = (...sets: readonly Readonly<Record<string, string>>[]): Headers => {
    const all = new Headers();
    for (const [name, value] of sets.flatMap((one) => Object.entries(one))) all.set(name, value);
    return all;
  };

  async function send(
    probe: Probe,
    cell: ProbeCell,
    color: Color,
    signal?: AbortSignal,
  ): Promise<SentAnswer> {
    signal?.throwIfAborted();
    const question = probe.paraphrases[cell.paraphrase] ?? probe.question;
    const { path, headers, body } = fill({ question, seed: cell.seed, probeId: probe.id });
    const pin = await options.pin(color);
    // Not AbortSignal.any: on a signal as long-lived as a switch it keeps every request's part alive.
    const control = new AbortController();
    const forward = (): void => control.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    const sentAtMs = Date.now();
    const started = performance.now();
    const timer = setTimeout(() => control.abort(new DeadlineError('deadline')), options.timeoutMs);
    let stage: SendStage = 'headers';
    let status: number | null = null;
    let askedMs: number | null = null;
    const outcome = (rest: Partial<SentAnswer>): SentAnswer => {
      const elapsedMs = performance.now() - started;
      const facts = { cell, color, sentAtMs, status, retryAfterMs: askedMs, elapsedMs };
      const none = { error: null, latencyMs: null, answer: null, schemaViolations: [], cold: false };
      return { ...facts, ...none, ...rest };
    };
    try {
      const response = await (options.fetch ?? fetch)(urls[color] + path, {
        method: options.request.method,
        headers: headersOf(own, { 'x-cutover-probe': encodeURIComponent(probe.id) }, headers, pin),
        body,
        redirect: 'manual',
        signal: control.signal,
      });
      ({ status } = response);
      askedMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
      const fault = options.pinFault?.(response.headers, color) ?? null;
      if (fault !== null) {
        await response.body?.cancel().catch(() => undefined);
        throw new PinNotFollowedError(urls[color], status, fault);
      }
      stage = 'body';
      const failed = probeStatusClass(status);
      if (failed !== null) {
        // Drained so that the connection can be used again; what it says does not matter.
        await readAnswer(response, { ...reading, started, maxBytes: 64 * 1024 }).catch(() => null);
        return outcome({ error: failed });
      }
      const read = await readAnswer(response, { ...reading, started });
      if ('error' in read) return outcome({ error: read.error });
      const answer = options.map(read.document, response.headers);
      return outcome({
        latencyMs: read.latencyMs,
        answer,
        schemaViolations: options.check(read.document),
        cold: answer.cold ?? response.headers.get('x-cold-start') === '1',
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (error instanceof PinNotFollowedError) throw error;
      const reason: unknown = control.signal.aborted ? control.signal.reason : error;
      return outcome({ error: errorClass(stage, reason) });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', forward);
    }
  }

  return { send };
}
