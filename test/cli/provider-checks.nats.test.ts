/** What `cutover doctor` says of a NATS server. */
import { after } from 'node:test';
import { natsPair, type NatsPair } from '../providers/nats-env.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

let started:
  | Promise<{ readonly server: NatsServer; readonly pair: NatsPair; readonly locked: NatsServer }>
  | undefined;
const USER = { user: 'workers', pass: 'nats-secret-of-test' };
const servers = () =>
  (started ??= (async () => {
    const server = await startNats();
    const locked = await startNats(['--user', USER.user, '--pass', USER.pass], USER);
    return { server, pair: await natsPair(server), locked };
  })());
after(async () => {
  const all = await started;
  await all?.pair.close();
  await all?.server.stop();
  await all?.locked.stop();
});

const ways = async (): Promise<readonly Way[]> => {
  const { pair, locked } = await servers();
  const { ref } = pair;
  const elsewhere = { ...pair.queue('blue'), stream: 'nowhere' };
  const url = `nats://127.0.0.1:${locked.port}`;
  return [
    { what: 'all is well', ref, state: 'ok', says: /0 ready, 0 in flight, 0 delayed, 3 deliveries/ },
    {
      what: 'no stream of that name',
      ref: { ...ref, blue: elsewhere },
      state: 'wrong',
      says: /no such stream: check `stream`/,
    },
    {
      what: 'no consumer of that name',
      ref: { ...ref, blue: { ...pair.queue('blue'), consumer: 'nobody' } },
      state: 'wrong',
      says: /no such consumer: check `consumer`/,
    },
    {
      what: 'a wrong password',
      ref: { ...ref, url },
      env: { NATS_USER: 'workers', NATS_PASSWORD: 'another-secret' },
      state: 'wrong',
      says: /authori|credential|password|let in/i,
    },
  ];
};

saysEach('queue', ways, [
  'all is well',
  'no stream of that name',
  'no consumer of that name',
  'a wrong password',
]);
