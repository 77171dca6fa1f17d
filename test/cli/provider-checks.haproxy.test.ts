/** What `cutover doctor` says of a HAProxy. */
import { after } from 'node:test';
import { startHaproxy, type HaproxyServer } from '../support/haproxy-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

let started: Promise<{ readonly server: HaproxyServer; readonly operator: HaproxyServer }> | undefined;
const servers = () =>
  (started ??= (async () => ({
    server: await startHaproxy(),
    operator: await startHaproxy({ level: 'user' }),
  }))());
after(async () => {
  const all = await started;
  await all?.server.stop();
  await all?.operator.stop();
});

const ways = async (): Promise<readonly Way[]> => {
  const { server, operator } = await servers();
  const ref = { use: 'haproxy', sockets: [`127.0.0.1:${server.admin}`], backend: 'docs' };
  return [
    {
      what: 'all is well',
      ref,
      state: 'ok',
      says: /^stands at 0 %; whether it can be set preflight tries; a write is everywhere within/,
    },
    {
      what: 'no backend of that name',
      ref: { ...ref, backend: 'elsewhere' },
      state: 'wrong',
      says: /no such backend: check `backend`/,
    },
    {
      what: 'a socket that may only be read',
      ref: { ...ref, sockets: [`127.0.0.1:${operator.admin}`] },
      state: 'ok',
      says: /^stands at 0 %; whether it can be set preflight tries/,
    },
  ];
};

saysEach('traffic', ways, ['all is well', 'no backend of that name', 'a socket that may only be read']);
