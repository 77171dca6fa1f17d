/**
 * What a failure of HAProxy means, decided here and nowhere else.
 * Invariant: whatever a command answers that sets something is a refusal: success is silent.
 */
import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { socketFault } from '../socket-fault.ts';

const REFUSALS: readonly { readonly says: RegExp; readonly why: string }[] = [
  {
    says: /static LB algorithm/,
    why: 'its backend takes weights 0 and 100 % only: take `balance roundrobin`, `random` or `leastconn`, or a hash with `hash-type consistent`',
  },
  { says: /[Pp]ermission denied|restricted/, why: 'its socket may not do that: write `level admin` for it' },
  { says: /No such backend|Can't find backend/, why: 'it has no such backend: check `backend`' },
  { says: /No such server/, why: 'it has no such server: check `blue` and `green`' },
  {
    says: /No such table/,
    why: 'it has no memory for who set the weights: write `backend cutover` and in it `stick-table type string len 500 size 100`, or name another in `memory`',
  },
];

/** @param where the socket, named in the message */
export function mapHaproxyError(error: unknown, where: string): ProviderError {
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Error)) return made('retry', where, String(error), error);
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT') return made('retry', where, 'there is no such socket: is HAProxy running?', error);
  if (code === 'EACCES' || code === 'EPERM')
    return made(
      'fatal',
      where,
      'the worker may not open it: let its user in by `mode`, `user` or `group`',
      error,
    );
  const { kind, why } = socketFault(error, 'it is asked without');
  return made(kind, where, why, error);
}

/** @param answer what a command said that has not done what it was asked for */
export function refusal(answer: string, where: string): ProviderError {
  const known = REFUSALS.find(({ says }) => says.test(answer));
  return made('fatal', where, `${known?.why ?? 'it refuses'} (${excerpt(answer)})`, undefined);
}

function made(kind: ProviderErrorKind, where: string, why: string, cause: unknown): ProviderError {
  return new ProviderError(kind, 'haproxy', `${where}: ${why}`, { cause });
}
