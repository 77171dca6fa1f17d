/** Lines as a service that exports counters would show them at each scrape, in the text format of OpenMetrics. */
import type { CountedLine } from '../../src/domain/clusters/index.ts';
import { BUILT_IN_RULE, isServerError } from '../../src/domain/clusters/index.ts';
import { COLORS } from '../../src/domain/color.ts';

export interface Export {
  readonly startMs: number;
  readonly endMs: number;
  readonly scrapeMs: number;
  /** Upper edges of the histogram, s; one without end is added. */
  readonly edgesS: readonly number[];
  /** The service starts anew at these instants: its counters begin at 0. */
  readonly restartsMs?: readonly number[];
}

export function openMetrics(lines: readonly CountedLine[], options: Export): string {
  const { startMs, endMs, scrapeMs, edgesS, restartsMs = [] } = options;
  const scrapes = Array.from(
    { length: Math.floor((endMs - startMs) / scrapeMs) + 1 },
    (_, i) => startMs + i * scrapeMs,
  );
  const series = (labels: string, atMs: readonly number[]): ((name: string) => string[]) => {
    const sorted = atMs.toSorted((a, b) => a - b);
    let next = 0;
    let lost = 0;
    let restart = 0;
    const values = scrapes.map((scrape) => {
      while (next < sorted.length && (sorted[next] ?? 0) <= scrape) next += 1;
      while (restart < restartsMs.length && (restartsMs[restart] ?? 0) <= scrape) {
        // What was counted since the scrape before is lost with the process.
        lost = next;
        restart += 1;
      }
      return next - lost;
    });
    return (name) => values.map((value, i) => `${name}{${labels}} ${value} ${(scrapes[i] ?? 0) / 1000}`);
  };
  const requests: string[] = [];
  const latencies: string[] = [];
  for (const color of COLORS) {
    const own = lines.filter((line) => line.color === color);
    const isBad = ({ error }: CountedLine): boolean => error !== null && isServerError(error, BUILT_IN_RULE);
    for (const [code, bad] of [
      ['200', false],
      ['503', true],
    ] as const) {
      const at = own.filter((line) => isBad(line) === bad).map(({ atMs }) => atMs);
      requests.push(...series(`color="${color}",code="${code}"`, at)('requests_total'));
    }
    for (const edge of [...edgesS, Number.POSITIVE_INFINITY]) {
      const at = own.filter(({ ok, tfinalMs }) => ok && tfinalMs <= edge * 1000).map(({ atMs }) => atMs);
      const le = Number.isFinite(edge) ? String(edge) : '+Inf';
      latencies.push(...series(`color="${color}",le="${le}"`, at)('latency_seconds_bucket'));
    }
  }
  return [
    '# TYPE requests counter',
    ...requests,
    '# TYPE latency_seconds histogram',
    ...latencies,
    '# EOF',
    '',
  ].join('\n');
}
