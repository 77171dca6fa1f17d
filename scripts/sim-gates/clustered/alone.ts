/** After the flip: all users on `to`, and the day before stands for `from`. */
import { burst, own, error, latency, DAY, type Family } from './family.ts';

const gone = (name: string, gate: typeof error, more: Partial<Family> = {}): Family =>
  gate(`from gone: ${name}`, [{ from: 0, to: 24_000 }], { ...more, ...DAY, gone: true });

/** After the flip, identical colors: the day before is all there is of `from`. */
export const ALONE: readonly Family[] = [
  gone('iid .5%', error, { rate: 0.005 }),
  gone('diurnal .3-1.7, rate .5%', error, { rate: 0.005, daily: 0.7 }),
  gone('own AR tau 120 sd 1', error, { rate: 0.003, ...own(120, 1) }),
  gone('own AR tau 600 sd 1', error, { rate: 0.003, ...own(600, 1) }),
  gone('own AR tau 1800 sd 1', error, { rate: 0.003, ...own(1800, 1) }),
  gone('own AR tau 600 sd 1, diurnal', error, { rate: 0.003, ...own(600, 1), daily: 0.7 }),
  gone('own bursts 20% mean 60 s 2%', error, burst(0.2, 60, 0.02)),
  gone('own bursts 20% mean 300 s 5%', error, burst(0.2, 300, 0.05)),
  gone('iid lognormal .5', latency),
  gone('diurnal .5-1.5', latency, { daily: 0.5 }),
  gone('own AR tau 120 sd .3', latency, own(120, 0.3)),
  gone('own AR tau 600 sd .3', latency, own(600, 0.3)),
  gone('own AR tau 1800 sd .3', latency, own(1800, 0.3)),
  gone('own AR tau 120 sd .3, diurnal', latency, { ...own(120, 0.3), daily: 0.5 }),
  gone('own bursts x4 mean 300 s 5%', latency, burst(4, 300, 0.05)),
];

export const ALONE_FAULTY: readonly Family[] = [
  gone('outage 50%', error, { fault: { to: 0.5 } }),
  gone('.5->2%', error, { rate: 0.005, fault: { to: 0.02 } }),
  gone('.5->2%, diurnal', error, { rate: 0.005, daily: 0.7, fault: { to: 0.02 } }),
  gone('.5->3% from minute 30', error, { rate: 0.005, fault: { to: 0.03, fromMinute: 30 } }),
  gone('p95 x1.5', latency, { fault: { to: 1.5 } }),
  gone('p95 x2', latency, { fault: { to: 2 } }),
  gone('p95 x2, diurnal', latency, { daily: 0.5, fault: { to: 2 } }),
  gone('p95 x2 from minute 30', latency, { fault: { to: 2, fromMinute: 30 } }),
  gone('p95 x10', latency, { fault: { to: 10 } }),
];
