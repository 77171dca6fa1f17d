/**
 * Names what went wrong with a request: `stage:kind[:code]`. These strings are stable API: the
 * novelty gate compares them between colors.
 *
 * Invariant: the stage is where our code was, the kind comes from the cause's code; a message never enters a class.
 */

import { statusClass } from '../domain/clusters/server-error.ts';
import { TextTooLongError } from './pattern.ts';

/** Where our code was: `headers` covers everything up to the response's headers, as fetch shows no more. */
export type SendStage = 'headers' | 'body' | 'parse';

/** Thrown by our own timer. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

interface Cause {
  readonly code: string;
  readonly name: string;
  readonly message: string;
}

/** The deepest cause that has a code, else the deepest one; fetch wraps what happened at least once. */
function causeOf(error: unknown): Cause {
  let found: Cause = { code: '', name: '', message: '' };
  let at: unknown = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    const code: unknown = (at as { code?: unknown }).code;
    if (typeof code === 'string' || found.code === '') {
      found = { code: typeof code === 'string' ? code : '', name: at.name, message: at.message };
    }
    // Happy Eyeballs: one attempt per address, all failed; the first one speaks for them.
    at = at instanceof AggregateError && typeof code !== 'string' ? at.errors[0] : at.cause;
  }
  return found;
}

const CONNECT: Readonly<Record<string, string>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
};

const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)/u;
const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/u;

function beforeHeaders({ code, name, message }: Cause): string {
  const connect = CONNECT[code];
  if (connect !== undefined) return `connect:${connect}`;
  if (CERTIFICATE.test(code)) return 'tls:certificate';
  if (TLS.test(code)) return 'tls:protocol';
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'headers:timeout';
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') return 'headers:overflow';
  if (code === 'UND_ERR_SOCKET' || code === 'EPIPE') return 'headers:closed';
  if (code === 'ECONNRESET') return 'headers:reset';
  if (name === 'HTTPParserError' || code.startsWith('HPE_')) return 'headers:malformed';
  // A port on fetch's block list has no code: to the caller it is as good as refused.
  if (message === 'bad port') return 'connect:refused';
  return 'headers:failed';
}

function inBody({ code, name }: Cause): string {
  if (code === 'UND_ERR_BODY_TIMEOUT') return 'body:idle_timeout';
  if (code === 'ECONNRESET') return 'body:reset';
  if (/^(Z_|ERR__ERROR|ERR_BROTLI|ERR_ZLIB|ZSTD_)/u.test(code)) return 'body:decode';
  if (code === 'UND_ERR_SOCKET' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'body:truncated';
  if (name === 'HTTPParserError' || code.startsWith('HPE_')) return 'body:truncated';
  return 'body:failed';
}

/** Class of an exception caught at `stage`. */
export function errorClass(stage: SendStage, error: unknown): string {
  if (error instanceof TextTooLongError) return 'parse:text_too_long';
  if (error instanceof DeadlineError) return `${stage}:deadline`;
  if (stage === 'headers') return beforeHeaders(causeOf(error));
  return stage === 'body' ? inBody(causeOf(error)) : 'parse:json';
}

/** Class of an HTTP status that is no answer to a probe, e.g. `headers:http_5xx:503`; null for 2xx. */
export function probeStatusClass(status: number): string | null {
  return status >= 200 && status < 300 ? null : statusClass(status);
}
