/**
 * A connection of its own for each call to PostgreSQL.
 * Invariant: the statements of a call go out in one message and are one transaction, which ends on the server whether or not somebody still
 * listens; so a call works through a pooler, and a worker that is stopped in the middle holds no lock.
 */
import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResult } from 'pg';
import { CallsInTime } from '../calls-in-time.ts';
import { authorityOf, type ServiceAddress } from '../service-address.ts';
import { postgresFault, type PostgresNeeds } from './errors.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Answered {
  /** The rows of each statement, in their order. */
  readonly rows: readonly (readonly Row[])[];
  /** What the server warned of meanwhile; of a commit that waits for nobody any more it only warns. */
  readonly warnings: readonly string[];
}

const WARNING = '01000';
/** A later statement sees what the one before has lost against, whatever the server's default. */
const READ_COMMITTED = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED';

export class Postgres {
  /** The address as messages name it: no name, no password. */
  readonly where: string;
  readonly #config: ClientConfig;
  readonly #calls: CallsInTime;

  constructor(
    address: ServiceAddress,
    { isTls, timeoutMs, needs }: { isTls: boolean; timeoutMs: number; needs: PostgresNeeds },
  ) {
    const { host, port, path, username, password } = address;
    this.where = `postgres://${authorityOf(address)}/${path}`;
    this.#config = {
      host,
      port,
      database: path,
      // What is left out here the client would take from the process.
      ...(username === undefined ? {} : { user: username }),
      ...(password === undefined ? {} : { password }),
      ssl: isTls,
      application_name: 'cutover',
    };
    this.#calls = new CallsInTime({
      provider: 'postgres',
      where: this.where,
      timeoutMs,
      faultOf: (error) => postgresFault(error, needs),
    });
  }

  /**
   * Runs the statements in one transaction. The server gives up before the caller does.
   * @throws ProviderError; the signal's reason when cancelled.
   */
  ask(signal: AbortSignal | undefined, statements: readonly string[]): Promise<Answered> {
    return this.#calls.run(signal, async (end, leftMs) => {
      const socket = new Socket();
      end.addEventListener('abort', () => socket.destroy());
      const client = new Client({ ...this.#config, stream: () => socket });
      const broken = new Promise<never>((_, reject) => client.on('error', reject));
      const warnings: string[] = [];
      const done = async (): Promise<Answered> => {
        await client.connect();
        client.on('notice', ({ code, message }) => {
          if (code === WARNING) warnings.push(message ?? '');
        });
        const terms = [READ_COMMITTED, `SET LOCAL statement_timeout = ${leftMs()}`];
        const results = await client.query([...terms, ...statements].join(';\n'));
        void client.end().catch(() => undefined);
        const all = (Array.isArray(results) ? results : [results]) as readonly QueryResult<Row>[];
        return { rows: all.map(({ rows }) => rows), warnings };
      };
      return Promise.race([done(), broken]);
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.#calls.close();
  }
}
