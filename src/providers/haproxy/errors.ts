/**
 * What a failure of HAProxy means, decided here and nowhere else.
 * Invariant: whatever a command answers that sets something is a refusal: success is silent.
 */
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import type { Fault } from '../calls-in-time.ts';
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

export function haproxyFault(error: Error): Fault {
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT') return { kind: 'retry', why: 'there is no such socket: is HAProxy running?' };
  if (code === 'EACCES' || code === 'EPERM')
    return { kind: 'fatal', why: 'the worker may not open it: let its user in by `mode`, `user` or `group`' };
  return socketFault(error, 'it is asked without');
}

/** @param answer what a command said that has not done what it was asked for */
export function refusal(answer: string, where: string): ProviderError {
  const known = REFUSALS.find(({ says }) => says.test(answer));
  return new ProviderError(
    'fatal',
    'haproxy',
    `${where}: ${known?.why ?? 'it refuses'} (${excerpt(answer)})`,
  );
}
