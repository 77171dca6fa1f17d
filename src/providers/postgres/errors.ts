/**
 * What a failure of PostgreSQL means, decided here and nowhere else, by its SQLSTATE: its words are in the server's own language.
 * Invariant: no message holds a name, a password or an address with either.
 */
import { DatabaseError } from 'pg';
import type { ProviderErrorKind } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import type { Fault } from '../calls-in-time.ts';
import { socketFault } from '../socket-fault.ts';

/** What a port needs there, as advice says it. */
export interface PostgresNeeds {
  /** The variables that hold its credentials. */
  readonly variables: string;
  /** Its table, as CREATE TABLE has it: columns in brackets. */
  readonly columns: string;
  /** Rights of its user. */
  readonly rights: string;
}

interface Meaning {
  readonly state: RegExp;
  readonly kind: ProviderErrorKind;
  readonly advice: string | ((needs: PostgresNeeds) => string);
}

/** `retry` where nothing was written and whoever runs PostgreSQL, or a failover under way, may mend it; `fatal` where only the plan or the worker can. */
const STATES: readonly Meaning[] = [
  {
    state: /^28/,
    kind: 'fatal',
    advice: ({ variables }) =>
      `it does not accept the credentials: check ${variables}, or those in the address, and its pg_hba.conf`,
  },
  { state: /^3D000/, kind: 'fatal', advice: 'it has no database of that name: check the end of the address' },
  {
    state: /^(42P01|3F000)/,
    kind: 'fatal',
    advice: ({ columns }) =>
      `the table is missing: create it once, CREATE TABLE … ${columns}, and grant SELECT, INSERT, UPDATE on it`,
  },
  {
    state: /^(42703|42804|42883|42846|42P10|42809|22P02|23502)/,
    kind: 'fatal',
    advice: ({ columns }) => `the table is not as cutover wants it, ${columns}`,
  },
  {
    state: /^42501/,
    kind: 'fatal',
    advice: ({ rights }) => `its user may not do that: ${rights}`,
  },
  {
    state: /^25006/,
    kind: 'retry',
    advice:
      'it takes no writes: a standby, or set read-only; the address must lead to the primary, also after a failover',
  },
  {
    state: /^57014/,
    kind: 'retry',
    advice: 'it did not come to an end in time: is the row locked, a standby away?',
  },
  { state: /^55P03/, kind: 'retry', advice: 'somebody else holds the row: is a transaction left open?' },
  { state: /^57P03/, kind: 'retry', advice: 'it is starting or shutting down' },
  { state: /^57P0/, kind: 'retry', advice: 'it ended the connection' },
  {
    state: /^53300/,
    kind: 'retry',
    advice: 'it has no connection left: raise `max_connections`, or ask a pooler',
  },
  { state: /^53100/, kind: 'retry', advice: 'its disk is full: make room, soon' },
  {
    state: /^0A000/,
    kind: 'fatal',
    advice: 'it, or the pooler before it, does not take what is asked',
  },
  {
    // PgBouncer says it of whatever goes wrong behind it, a failover too.
    state: /^08P01/,
    kind: 'retry',
    advice: 'it, or the pooler before it, could not: does the pooler reach its PostgreSQL?',
  },
  { state: /^(08|40|53|58|XX)/, kind: 'retry', advice: 'it could not' },
];

/** What the client itself says. */
const CLIENT: readonly (Fault & { readonly says: RegExp })[] = [
  {
    says: /does not support SSL/,
    kind: 'fatal',
    why: 'it speaks no TLS: give it a certificate, or write `tls: off`',
  },
  { says: /password must be|no password/i, kind: 'fatal', why: 'it wants a password: set PGPASSWORD' },
  { says: /error establishing an SSL connection/, kind: 'fatal', why: 'what answers there is no PostgreSQL' },
  { says: /terminated unexpectedly/, kind: 'retry', why: 'the connection broke' },
];

export function postgresFault(error: Error, needs: PostgresNeeds): Fault {
  const { message } = error;
  if (error instanceof DatabaseError) {
    const said = `${error.code ?? 'no SQLSTATE'}: ${excerpt(message)}`;
    const known = STATES.find(({ state }) => state.test(error.code ?? ''));
    if (known === undefined) return { kind: 'fatal', why: `it answers ${said}` };
    const { advice } = known;
    return { kind: known.kind, why: `${typeof advice === 'string' ? advice : advice(needs)} (${said})` };
  }
  const known = CLIENT.find(({ says }) => says.test(message));
  return known ?? socketFault(error, '`tls: verify` or `tls: off`?');
}
