/** A connection of its own for each call to RabbitMQ: it never connects anew by itself, so nothing is published after its caller has given up. */
import { connect, type ChannelModel } from 'amqplib';
import { CallsInTime } from '../calls-in-time.ts';
import { authorityOf, type ServiceAddress } from '../service-address.ts';
import { BlockedError, rabbitFault } from './errors.ts';

export class Rabbit {
  readonly #address: ServiceAddress;
  readonly #calls: CallsInTime;

  constructor(address: ServiceAddress, timeoutMs: number) {
    this.#address = address;
    this.#calls = new CallsInTime({
      provider: 'rabbitmq',
      where: `${address.scheme}://${authorityOf(address)}`,
      timeoutMs,
      faultOf: rabbitFault,
    });
  }

  /** @throws ProviderError; the signal's reason when cancelled. */
  ask<T>(signal: AbortSignal | undefined, work: (connection: ChannelModel) => Promise<T>): Promise<T> {
    return this.#calls.run(signal, async (end, leftMs) => {
      const { scheme, host, port, path, username, password } = this.#address;
      // The signal also ends a socket that is still on its way to be connected.
      const socket = {
        timeout: leftMs(),
        noDelay: true,
        signal: end,
        clientProperties: { connection_name: 'cutover' },
      };
      const connection = await connect(
        {
          protocol: scheme,
          hostname: host,
          port,
          vhost: encodeURIComponent(path === '' ? '/' : path),
          // The time of the call finds a dead connection sooner.
          heartbeat: 0,
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password }),
        },
        socket,
      );
      const broken = new Promise<never>((_, reject) => {
        connection.on('error', reject);
        connection.on('close', () => reject(new Error('the connection broke')));
        connection.on('blocked', (reason) =>
          reject(new BlockedError(`it takes no jobs, its memory or disk is short: ${reason}`)),
        );
      });
      broken.catch(() => undefined);
      const result = await Promise.race([work(connection), broken]);
      // Without a farewell the broker's log would warn of each call.
      await connection.close().catch(() => undefined);
      return result;
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.#calls.close();
  }
}
