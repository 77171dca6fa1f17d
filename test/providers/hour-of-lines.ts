/** An hour of two colors that are alike but for the errors of green, and half an hour before it. */
import type { CountedLine } from '../../src/domain/clusters/index.ts';
import { randomOf } from '../../src/providers/simulated/random.ts';

const HOUR_MS = 3_600_000;

export function hourOfLines(startMs: number, failsOnGreen: number): CountedLine[] {
  const random = randomOf(7, 'an hour', failsOnGreen);
  return Array.from({ length: 18_000 }, (_, i): CountedLine => {
    const color = i % 2 === 0 ? 'blue' : 'green';
    const isFailed = random.chance(color === 'green' ? failsOnGreen : 0.01);
    return {
      atMs: startMs - HOUR_MS / 2 + Math.floor(random.next() * 1.5 * HOUR_MS),
      color,
      region: '',
      route: '',
      user: null,
      instance: null,
      cold: false,
      ok: !isFailed,
      error: isFailed ? 'headers:http_5xx:503' : null,
      tfinalMs: 120 * Math.exp(0.5 * random.normal()),
      tusableMs: null,
      cache: null,
    };
  });
}
