/** Error classes that are new by chance, and one that is new by a fault. */
import { FOUR, type Family, type NoveltyTraffic, type Volume } from './family.ts';

const novelty = (name: string, volumes: readonly Volume[], traffic: NoveltyTraffic): Family => ({
  gate: 'novelty',
  name,
  volumes,
  novelty: traffic,
  ...(traffic.fault === undefined ? {} : { fault: { to: 0 } }),
});

export const NOVELTIES: readonly Family[] = [
  novelty('one error a failure', FOUR, { kind: 'one' }),
  novelty('one broken client, 30 min', FOUR, { kind: 'client' }),
  novelty('own blip, mean 60 s, 20% of the color', FOUR, { kind: 'blip', meanS: 60 }),
  novelty('own blip, mean 300 s', FOUR, { kind: 'blip', meanS: 300 }),
  novelty('a cause new to both colors, 3 users', FOUR, { users: 3 }),
  novelty('a cause new to both colors, 6 users', FOUR, { users: 6 }),
  novelty('a cause new to both colors, 12 users', FOUR, { users: 12 }),
];

const AT_5_AND_50 = [
  { from: 22_800, to: 1200 },
  { from: 12_000, to: 12_000 },
];

/** 2,000 users: 100 on `to` at 5 %, 1,000 at 50 %. */
export const NOVELTIES_FAULTY: readonly Family[] = [
  novelty('new class for 1% of users', AT_5_AND_50, { fault: { users: 0.01, requests: 1 } }),
  novelty('new class for 3% of users, 30% of their requests', AT_5_AND_50, {
    fault: { users: 0.03, requests: 0.3 },
  }),
  novelty('new class for .3% of users', AT_5_AND_50, { fault: { users: 0.003, requests: 1 } }),
];
