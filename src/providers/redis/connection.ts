/**
 * One connection for each call, closed when the call is over.
 *
 * Invariant: nothing that was asked is sent after its caller has given up, and nothing is sent twice: a client that reconnects, or that
 * queues while it is offline, would do both. A name that leads to another primary since is looked up anew, and no idle connection
 * can break. Calls are a few a minute.
 */
import { isIP } from 'node:net';
import { createClient } from '@redis/client';
import { mapRedisError, tooLate } from './errors.ts';

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
  readonly #underWay = new Set<AbortController>();

  constructor(address: RedisAddress, timeoutMs: number) {
    const { tls, host, port } = address;
    this.where = `${tls ? 'rediss' : 'redis'}://${host}:${port}`;
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param work sends its commands; `leftMs` tells how much of the time of this call is left
   * @throws ProviderError; the signal's reason when cancelled.
   */
  async ask<T>(
    signal: AbortSignal | undefined,
    work: (send: Send, leftMs: () => number) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const over = new AbortController();
    this.#underWay.add(over);
    const untilMs = performance.now() + this.#timeoutMs;
    const late = AbortSignal.timeout(this.#timeoutMs);
    const end = AbortSignal.any([over.signal, late, ...(signal === undefined ? [] : [signal])]);
    const client = this.#client(end);
    try {
      const broken = new Promise<never>((_, reject) => {
        client.on('error', reject);
        end.addEventListener('abort', () => reject(new Error('the store was closed', { cause: end.reason })));
      });
      const done = client.connect().then(() =>
        work(
          (...words) => client.sendCommand(words.map(String)),
          () => Math.max(1, Math.floor(untilMs - performance.now())),
        ),
      );
      return await Promise.race([done, broken]);
    } catch (cause) {
      signal?.throwIfAborted();
      throw late.aborted ? tooLate(this.where, this.#timeoutMs) : mapRedisError(cause, this.where);
    } finally {
      over.abort();
      client.destroy();
      this.#underWay.delete(over);
    }
  }

  /** Ends what is under way. */
  close(): void {
    for (const over of this.#underWay) over.abort();
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
