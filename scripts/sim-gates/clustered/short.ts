/** The same traffic in a hold of a quarter of an hour. */
import { EVEN, TWO, type Family } from './family.ts';
import { FAULTY } from './faults.ts';
import { IDENTICAL } from './identical.ts';

const QUARTER_HOUR = { holdMinutes: 15 };
const quarter = ({ gate, name, volumes }: Family): boolean =>
  volumes.includes(EVEN) &&
  (gate === 'error'
    ? /own AR tau (120|600|1800) sd 1$|own bursts 20% mean (60|300)|^\.5->2%(, own bursts 20% 60 s 2%| with a day)/
    : /own AR tau (120|600|1800) sd \.3$|x4 mean (120|300)|^p95 x1\.5 with a day/
  ).test(name);

/** A quarter of an hour: three looks, blocks of three minutes. Volumes are per hour, as everywhere. */
export const SHORT: readonly Family[] = [...IDENTICAL, ...FAULTY]
  .filter(quarter)
  .map((family) => ({ ...family, ...QUARTER_HOUR, name: `15 min: ${family.name}`, volumes: TWO }));
