/** A connection of its own for each call to Redis. */
import { isIP } from 'node:net';
import { createClient } from '@redis/client';
import { CallsInTime } from '../calls-in-time.ts';
import { authorityOf } from '../service-address.ts';
import { redisFault, type RedisAsker } from './errors.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Sends one command. */
export type Send = (...words: readonly (string | number)[]) => Promise<unknown>;

/** Of the client, all that is used here. */
interface Client {
  connect(): Promise<unknown>;
  sendCommand(words: string[]): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
}

export class Redis {
  /** The address as messages name it: no name, no password. */
  readonly where: string;
  readonly #address: RedisAddress;
  readonly #timeoutMs: number;
  readonly #calls: CallsInTime;

  /** @param asker who asks, for messages */
  constructor(address: RedisAddress, timeoutMs: number, asker: RedisAsker) {
    this.where = `${address.tls ? 'rediss' : 'redis'}://${authorityOf(address)}`;
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#calls = new CallsInTime({
      provider: asker.provider,
      where: this.where,
      timeoutMs,
      faultOf: (error) => redisFault(error, asker),
    });
  }

  /**
   * @param work sends its commands; `leftMs` tells how much of the time of this call is left
   * @throws ProviderError; the signal's reason when cancelled.
   */
  ask<T>(
    signal: AbortSignal | undefined,
    work: (send: Send, leftMs: () => number) => Promise<T>,
  ): Promise<T> {
    return this.#calls.run(signal, async (end, leftMs) => {
      const client = this.#client(end);
      end.addEventListener('abort', () => client.destroy());
      const broken = new Promise<never>((_, reject) => client.on('error', reject));
      const done = client
        .connect()
        .then(() => work((...words) => client.sendCommand(words.map(String)), leftMs));
      return Promise.race([done, broken]);
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.#calls.close();
  }

  #client(end: AbortSignal): Client {
    const { host, port, tls, database, username, password } = this.#address;
    // The signal also ends a socket that is still on its way to be connected, of which the client does not know yet.
    const socket = {
      host,
      port,
      connectTimeout: this.#timeoutMs,
      reconnectStrategy: false as const,
      signal: end,
    };
    // Node names the host in TLS only when it is told to.
    const named = isIP(host) === 0 ? { servername: host } : {};
    return createClient({
      socket: tls ? { ...socket, tls, ...named } : socket,
      database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      RESP: 2,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
    });
  }
}
