/** Faults that must be seen, one at a time, on `to`. */
import {
  SMALL,
  MIDDLE,
  EVEN,
  LARGE,
  TWO,
  FAULTS,
  FAULTS_FOUR,
  burst,
  own,
  shared,
  error,
  latency,
  DAY,
  type Family,
} from './family.ts';

const rising = { rising: true };
const MIDWAY = { fromMinute: 30 };

/** One fault, on `to`. */
export const FAULTY: readonly Family[] = [
  error('.5->2%', FAULTS_FOUR, { rate: 0.005, fault: { to: 0.02 } }),
  error('.1->1%', FAULTS_FOUR, { fault: { to: 0.01 } }),
  error('.1->.5%', FAULTS_FOUR, { fault: { to: 0.005 } }),
  error('.5->1%', FAULTS_FOUR, { rate: 0.005, fault: { to: 0.01 } }),
  error('outage 50%', [SMALL, ...FAULTS], { fault: { to: 0.5 } }),
  error('.1->5% rising', [SMALL, ...FAULTS], { fault: { to: 0.05, ...rising } }),
  error('.5->2%, shared outage', [SMALL, ...FAULTS], {
    rate: 0.005,
    events: [{ height: 0.5, lengthS: 120, shared: true }],
    fault: { to: 0.02 },
  }),
  error(
    '.5->2% in 1 of 4 regions',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      rate: 0.005,
      parts: true,
      fault: { to: 0.02, only: 'region' },
    },
  ),
  error(
    '.5->3% on 1 of 6 routes',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      rate: 0.005,
      parts: true,
      fault: { to: 0.03, only: 'route' },
    },
  ),
  error('outage 50% from minute 30', TWO, { fault: { to: 0.5, ...MIDWAY } }),
  error('.5->2% with a day', TWO, { rate: 0.005, fault: { to: 0.02 }, ...DAY }),
  error('.5->1% with a day', [EVEN], { rate: 0.005, fault: { to: 0.01 }, ...DAY }),
  error('.5->3% from minute 30', TWO, { rate: 0.005, fault: { to: 0.03, ...MIDWAY }, ...DAY }),
  error('.5->3% from minute 30, diurnal', TWO, {
    rate: 0.005,
    daily: 0.7,
    fault: { to: 0.03, ...MIDWAY },
    ...DAY,
  }),
  error('.1->5% rising with a day', TWO, { fault: { to: 0.05, ...rising }, ...DAY }),
  error('.1->5% rising from minute 20', TWO, { fault: { to: 0.05, fromMinute: 20, ...rising }, ...DAY }),
  error('.5->2%, incident in the day', TWO, { rate: 0.005, fault: { to: 0.02 }, day: { incident: 0.5 } }),
  error('x4, own AR tau 120 sd 1', TWO, { rate: 0.003, ...own(120, 1), fault: { to: 0.012 }, ...DAY }),
  error('x6, own AR tau 600 sd 1', TWO, { rate: 0.003, ...own(600, 1), fault: { to: 0.018 }, ...DAY }),
  error('x4, shared AR tau 600 sd 1', TWO, { rate: 0.003, ...shared(600, 1), fault: { to: 0.012 }, ...DAY }),
  error('.5->2% of calls, retries mean 4', TWO, { rate: 0.005, retries: 4, fault: { to: 0.02 } }),
  error('.5->2%, broken clients 1% fail 30% zipf 1', TWO, {
    rate: 0.005,
    users: { count: 2000, zipf: 1, broken: { share: 0.01, rate: 0.3 } },
    fault: { to: 0.02 },
  }),
  error('.5->2%, own bursts 20% 10 s 2%', TWO, { rate: 0.005, ...burst(0.2, 10, 0.02), fault: { to: 0.02 } }),
  error('.5->2%, own bursts 20% 60 s 2%', TWO, {
    rate: 0.005,
    ...burst(0.2, 60, 0.02),
    fault: { to: 0.02 },
    ...DAY,
  }),
  error('.5->4%, own bursts 20% 60 s 2%', TWO, {
    rate: 0.005,
    ...burst(0.2, 60, 0.02),
    fault: { to: 0.04 },
    ...DAY,
  }),
  latency('p95 x1.3', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 1.3 } }),
  latency('p95 x1.5', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 1.5 } }),
  latency('p95 x2', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 2 } }),
  latency('p95 x10', TWO, { fault: { to: 10 } }),
  latency('slow tail 10% x3', TWO, { shape: 'tail', fault: { to: 3 } }),
  latency('leak x1->x3', TWO, { fault: { to: 3, ...rising } }),
  latency('leak x1->x3 from minute 20', TWO, { fault: { to: 3, fromMinute: 20, ...rising }, ...DAY }),
  latency('p95 x2 from minute 30', TWO, { fault: { to: 2, ...MIDWAY }, ...DAY }),
  latency('p95 x2 from minute 30, diurnal', TWO, { daily: 0.5, fault: { to: 2, ...MIDWAY }, ...DAY }),
  latency('p95 x1.3 with a day', TWO, { fault: { to: 1.3 }, ...DAY }),
  latency('p95 x1.5 with a day', TWO, { fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, diurnal common', TWO, { hump: true, fault: { to: 1.5 } }),
  latency('p95 x1.5, shared AR 120 sd .4', TWO, { ...shared(120, 0.4), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, own AR tau 30 sd .3', TWO, { ...own(30, 0.3), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, own AR tau 120 sd .1', TWO, { ...own(120, 0.1), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x2, own AR tau 120 sd .3', TWO, { ...own(120, 0.3), fault: { to: 2 }, ...DAY }),
  latency('p95 x3, own AR tau 120 sd .3', TWO, { ...own(120, 0.3), fault: { to: 3 } }),
  latency('p95 x3, own AR tau 600 sd .3', TWO, { ...own(600, 0.3), fault: { to: 3 }, ...DAY }),
  latency('p95 x2, own bursts x4 mean 30 s 5%', TWO, { ...burst(4, 30, 0.05), fault: { to: 2 }, ...DAY }),
  latency('p95 x1.5, users own level sd .3', TWO, {
    sd: 0.4,
    users: { count: 2000, zipf: 1, levelSd: 0.3 },
    fault: { to: 1.5 },
  }),
  latency('p95 x1.5, instances sd .1', TWO, { instances: { from: 18, to: 2, sd: 0.1 }, fault: { to: 1.5 } }),
  latency(
    'p95 x1.5 in 1 of 4 regions',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      parts: true,
      fault: { to: 1.5, only: 'region' },
    },
  ),
  latency(
    'p95 x2 on 1 of 6 routes',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      parts: true,
      fault: { to: 2, only: 'route' },
    },
  ),
];
