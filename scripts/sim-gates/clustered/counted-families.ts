/** Families that are judged as a source tells them that counts requests and knows no users. */
import { FAULTY } from './faults.ts';
import type { Family } from './family.ts';
import { IDENTICAL } from './identical.ts';

const HEALTHY = [
  'error iid .5%',
  'error shared outage 50% 2 min',
  'error own bursts 20% mean 60 s 2%',
  'error own bursts 20% mean 300 s 5%',
  'error retries mean 4',
  'error retries mean 10',
  'error broken clients 1% fail 30% zipf 1',
  'error own AR tau 120 sd 1',
  'error own AR tau 600 sd 1',
  'error own outages 100% mean 120 s 1%',
  'error 20 tenants zipf 1, levels sd 1',
  'latency iid lognormal .5',
  'latency shared AR tau 120 sd .4',
  'latency own AR tau 120 sd .3',
  'latency own AR tau 600 sd .3',
  'latency own bursts x4 mean 120 s 5%',
  'latency users own level N 2000 zipf 1 sd .5',
  'latency 20 tenants zipf 1 level sd .5',
];
const FAULTS = [
  'error .5->2%',
  'error outage 50%',
  'error outage 50% from minute 30',
  'error .5->2% of calls, retries mean 4',
  'error .5->2%, own bursts 20% 60 s 2%',
  'latency p95 x1.5',
  'latency p95 x2',
  'latency p95 x10',
  'latency p95 x2 from minute 30',
  'latency p95 x3, own AR tau 120 sd .3',
];

/** Judged without a day, as the hold alone tells it. */
function countedOf(families: readonly Family[], names: readonly string[]): readonly Family[] {
  return names.map((wanted) => {
    const found = families.find(({ gate, name }) => `${gate} ${name}` === wanted);
    if (found === undefined) throw new RangeError(`there is no family ${wanted}`);
    const { day: _day, ...family } = found;
    return { ...family, name: `counted: ${family.name}`, counted: true };
  });
}

export const COUNTED = countedOf(IDENTICAL, HEALTHY);
export const COUNTED_FAULTY = countedOf(FAULTY, FAULTS);
