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

/** Who asks Redis for what, as messages say it. */
export interface RedisAsker {
  /** Named in errors. */
  readonly provider: string;
  /** Rights of its user, e.g. `+get on the key`. */
  readonly rights: string;
  /** The variables that hold its credentials. */
  readonly variables: string;
}

interface Meaning {
  readonly says: RegExp;
  readonly kind: ProviderErrorKind;
  readonly advice: string | ((asker: RedisAsker) => string);
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
    advice: ({ variables }) =>
      `it does not accept the credentials: check ${variables}, or those in the address`,
  },
  {
    says: /without any password configured/,
    kind: 'fatal',
    advice: 'it knows no passwords: leave them out of the worker’s environment, or check the address',
  },
  {
    says: /\bNOPERM\b|user executing the script can't/,
    kind: 'fatal',
    advice: ({ rights }) => `its user may not do that: grant ${rights}`,
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
    advice: ({ rights }) => `one of its commands is switched off: allow ${rights}`,
  },
];

export function redisFault(error: Error, asker: RedisAsker): Fault {
  const { message } = error;
  if (error instanceof ErrorReply) {
    const known = REPLIES.find(({ says }) => says.test(message));
    if (known === undefined) return { kind: 'fatal', why: `it answers: ${excerpt(message)}` };
    const { advice } = known;
    const said = typeof advice === 'string' ? advice : advice(asker);
    return { kind: known.kind, why: `${said} (${excerpt(message)})` };
  }
  if (/RESP/.test(message)) return { kind: 'fatal', why: 'what answers there is no Redis' };
  return socketFault(error, 'rediss:// or redis://?');
}
