/** A connection of its own for each call to NATS: it never connects anew by itself, so nothing is published after its caller has given up. */
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { CallsInTime } from '../calls-in-time.ts';
import { authorityOf, type ServiceAddress } from '../service-address.ts';
import { natsFault } from './errors.ts';

export interface JetStream {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

export interface Credentials {
  readonly address: ServiceAddress;
  readonly token: string | undefined;
}

export class Nats {
  readonly #credentials: Credentials;
  readonly #calls: CallsInTime;

  constructor(credentials: Credentials, timeoutMs: number) {
    this.#credentials = credentials;
    this.#calls = new CallsInTime({
      provider: 'nats',
      where: `${credentials.address.scheme}://${authorityOf(credentials.address)}`,
      timeoutMs,
      faultOf: natsFault,
    });
  }

  /** @throws ProviderError; the signal's reason when cancelled. */
  ask<T>(signal: AbortSignal | undefined, work: (js: JetStream) => Promise<T>): Promise<T> {
    return this.#calls.run(signal, async (end, leftMs) => {
      const { address, token } = this.#credentials;
      const { scheme, username, password } = address;
      const connection = await connect({
        servers: authorityOf(address),
        reconnect: false,
        timeout: leftMs(),
        name: 'cutover',
        ...(scheme === 'tls' ? { tls: {} } : {}),
        ...(username === undefined ? {} : { user: username }),
        ...(password === undefined ? {} : { pass: password }),
        ...(token === undefined ? {} : { token }),
      });
      const close = (): void => void connection.close().catch(() => undefined);
      if (end.aborted) close();
      else end.addEventListener('abort', close);
      const broken = connection.closed().then((error) => {
        throw error instanceof Error ? error : new Error('the connection broke');
      });
      const limit = { timeout: leftMs() };
      // Whether JetStream is there is told by the first question that matters.
      const manager = await jetstreamManager(connection, { ...limit, checkAPI: false });
      return Promise.race([work({ client: jetstream(connection, limit), manager }), broken]);
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.#calls.close();
  }
}
