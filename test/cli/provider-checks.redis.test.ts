/** What `cutover doctor` says of a Redis. */
import { after } from 'node:test';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

const PASSWORD = 'redis-secret-of-test';
let started: Promise<RedisServer> | undefined;
const server = (): Promise<RedisServer> => (started ??= startRedis([], PASSWORD));
after(async () => (await started)?.stop());

const ways = async (): Promise<readonly Way[]> => {
  const { url, run } = await server();
  await run(
    'ACL',
    'SETUSER',
    'reader',
    'on',
    `>${PASSWORD}-reader`,
    '~*',
    '+@read',
    '+@connection',
    '+info',
    '+config|get',
    '+time',
  );
  const ref = { use: 'redis', url };
  return [
    {
      what: 'all is well',
      ref,
      env: { REDIS_PASSWORD: PASSWORD },
      state: 'ok',
      says: /^holds nothing yet; what a write needs is there; fencing/,
    },
    {
      what: 'a wrong password',
      ref,
      env: { REDIS_PASSWORD: 'another-secret' },
      state: 'wrong',
      says: /WRONGPASS|password/i,
    },
    {
      what: 'a user who may only read',
      ref,
      env: { REDIS_USERNAME: 'reader', REDIS_PASSWORD: `${PASSWORD}-reader` },
      state: 'wrong',
      says: /NOPERM|permission|may not/i,
    },
  ];
};

saysEach('store', ways, ['all is well', 'a wrong password', 'a user who may only read']);
