/** What a failure of a connection means, whichever server it was to. */
import { excerpt } from '../domain/redact.ts';
import type { Fault } from './calls-in-time.ts';

const CONNECTION: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is it running, is the address right?',
  ENOTFOUND: 'there is no such host: is the address right?',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
};

/** @param plainOrTls how this server's users choose between TLS and none, as a question */
export function socketFault(error: Error, plainOrTls: string): Fault {
  const code = codeOf(error);
  if (code.startsWith('ERR_SSL_'))
    return { kind: 'fatal', why: `it speaks no TLS that fits: ${plainOrTls} (${code})` };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { kind: 'fatal', why: `its certificate is for another name: write that one (${code})` };
  if (/CERT|SELF_SIGNED|^UNABLE_TO|^ERR_TLS_/.test(code)) {
    return {
      kind: 'fatal',
      why: `its certificate is not trusted (${code}): name its authority to the worker by NODE_EXTRA_CA_CERTS`,
    };
  }
  const why = CONNECTION[code] ?? excerpt(error.message);
  return { kind: 'retry', why: code === '' ? why : `${why} (${code})` };
}

function codeOf(error: Error): string {
  // A host with several addresses: one error for each, under one that says nothing.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : '';
}
