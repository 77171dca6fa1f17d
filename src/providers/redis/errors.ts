/**
 * What a failure of Redis means, decided here and nowhere else.
 * Invariant: Redis's own word is looked for anywhere in its answer, because inside a script it does not stand first; no message holds
 * a name, a password or an address with either.
 */
import { ErrorReply } from '@redis/client';
import type { ProviderErrorKind } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import type { Fault } from '../calls-in-time.ts';
import { socketFault } from '../socket-fault.ts';

interface Meaning {
  readonly says: RegExp;
  readonly kind: ProviderErrorKind;
  readonly advice: string;
}

/** `retry` where nothing was written and whoever runs Redis, or a failover under way, may mend it; `fatal` where only the plan or the worker can. */
const REPLIES: readonly Meaning[] = [
  {
    says: /\bREADONLY\b/,
    kind: 'retry',
    advice: 'it is a replica, and not asked: the address must lead to the primary, also after a failover',
  },
  { says: /\bLOADING\b/, kind: 'retry', advice: 'it is starting and still reads its data' },
  {
    says: /\bMASTERDOWN\b/,
    kind: 'retry',
    advice: 'it is a replica that has lost its primary: the address must lead to the primary',
  },
  { says: /\bNOREPLICAS\b/, kind: 'retry', advice: 'it has fewer replicas than its `min-replicas-to-write`' },
  { says: /\bUNBLOCKED\b/, kind: 'retry', advice: 'it became a replica while it was asked' },
  {
    says: /\bCLUSTERDOWN\b/,
    kind: 'retry',
    advice: 'its cluster is down; besides, Redis Cluster is not supported: name a Redis that is none',
  },
  {
    says: /\b(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/,
    kind: 'fatal',
    advice: 'Redis Cluster is not supported: name a Redis that is none',
  },
  { says: /\bOOM\b/, kind: 'retry', advice: 'its memory is full: raise `maxmemory` or make room, soon' },
  {
    says: /\bMISCONF\b/,
    kind: 'retry',
    advice: 'it cannot save its data and takes no writes: look at its disk and its log, soon',
  },
  { says: /\bBUSY\b/, kind: 'retry', advice: 'it is busy with somebody’s script' },
  { says: /\bNOSCRIPT\b/, kind: 'retry', advice: 'it has lost a script, which is sent again' },
  { says: /max number of clients/, kind: 'retry', advice: 'it has no connection left: raise `maxclients`' },
  {
    // To a long command of somebody unknown it says the last one.
    says: /\b(NOAUTH|WRONGPASS)\b|invalid password|unauthenticated/,
    kind: 'fatal',
    advice:
      'it does not accept the credentials: check REDIS_USERNAME and REDIS_PASSWORD, or those in the address',
  },
  {
    says: /without any password configured/,
    kind: 'fatal',
    advice: 'it knows no passwords: leave them out of the worker’s environment, or check the address',
  },
  {
    says: /\bNOPERM\b|user executing the script can't/,
    kind: 'fatal',
    advice: 'its user may not do that: grant `+eval +time +type +strlen +get +set +wait +info` on the key',
  },
  { says: /\bDENIED\b/, kind: 'fatal', advice: 'it is in protected mode: give it a password' },
  {
    says: /DB index/,
    kind: 'fatal',
    advice: 'it has no database of that number: check the end of the address',
  },
  {
    says: /unknown command/i,
    kind: 'fatal',
    advice: 'one of its commands is switched off: allow EVAL, TIME, TYPE, STRLEN, GET, SET, WAIT',
  },
];

export function redisFault(error: Error): Fault {
  const { message } = error;
  if (error instanceof ErrorReply) {
    const known = REPLIES.find(({ says }) => says.test(message));
    if (known === undefined) return { kind: 'fatal', why: `it answers: ${excerpt(message)}` };
    return { kind: known.kind, why: `${known.advice} (${excerpt(message)})` };
  }
  if (/RESP/.test(message)) return { kind: 'fatal', why: 'what answers there is no Redis' };
  return socketFault(error, 'rediss:// or redis://?');
}
