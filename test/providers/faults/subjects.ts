/** Every call that changes the world, of every provider: its row in the table of faults, or why it has none. */
import { BULLMQ } from './over-bullmq.ts';
import { FENCES, REDIS_PURGE } from './over-keepers.ts';
import { HAPROXY, POSTGRES, REDIS } from './over-sockets.ts';
import { COLOR, NOTIFY, STEP, WARM } from './over-http.ts';
import { NATS, RABBITMQ, SQS } from './over-queues.ts';
import { S3 } from './over-s3.ts';
import { CLOUDFLARE_STORE, ROUTER_PRIME, ROUTER_PURGE } from './over-router.ts';
import type { Subject } from './survives.ts';

export const SUBJECTS: readonly Subject[] = [
  BULLMQ,
  CLOUDFLARE_STORE,
  COLOR,
  ...FENCES,
  HAPROXY,
  NATS,
  NOTIFY,
  POSTGRES,
  RABBITMQ,
  REDIS,
  REDIS_PURGE,
  ROUTER_PRIME,
  ROUTER_PURGE,
  ...S3,
  ...SQS,
  STEP,
  WARM,
];

const IN_PROCESS =
  'the world is in the same process; its faults are its own, and rehearsals and tests ask for them';

/** `provider port.method`, and the reason. */
export const WITHOUT: Readonly<Record<string, string>> = {
  'folder evidence.put': 'a file of this machine, written beside its place and renamed',
  'folder evidence.publish': 'a file of this machine, written beside its place and renamed',
  'log notify.send': 'a line on the worker’s own output',
  'redis cache.prime':
    'asks the app as users do and looks whether it keeps the answer: what fails is counted, and asked again nothing is done twice',
  'varnish cache.prime':
    'asks each node as users do and looks whether it keeps the answer: what fails is counted, and asked again nothing is done twice',
  'varnish cache.purge':
    'purged twice is purged; what a node says is not believed, and one that does not do it is found in cache.varnish.test.ts',
  'pings warmup.release': 'pings hold nothing, so nothing is asked',
  'simulated store.compareAndSet': IN_PROCESS,
  'simulated traffic.apply': IN_PROCESS,
  'simulated queue.move': IN_PROCESS,
  'simulated cache.purge': IN_PROCESS,
  'simulated cache.prime': IN_PROCESS,
  'simulated warmup.warm': IN_PROCESS,
  'simulated warmup.release': IN_PROCESS,
  'simulated color.retire': IN_PROCESS,
};
