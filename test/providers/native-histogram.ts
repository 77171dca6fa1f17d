/** Counters and native histograms in the protobuf form that a Prometheus scrapes them in (`io.prometheus.client.MetricFamily`, delimited). */

export const NATIVE_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Buckets of a doubling: 8. */
const SCHEMA = 3;
const COUNTER = 0;
const HISTOGRAM = 4;

type Bytes = readonly number[];

/** A family with one counter. */
export function counterFamily(name: string, labels: Readonly<Record<string, string>>, value: number): Bytes {
  return family(name, COUNTER, [...labelsOf(labels), ...message(3, double(1, value))]);
}

/** A family with one native histogram. @param counts by bucket index of its schema: above base^(index − 1), up to base^index */
export function histogramFamily(
  name: string,
  labels: Readonly<Record<string, string>>,
  counts: ReadonlyMap<number, number>,
): Bytes {
  const buckets = [...counts].toSorted(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, n]) => sum + n, 0);
  let next = 0;
  const spans = buckets.flatMap(([index], i) => {
    const offset = i === 0 ? index : index - next;
    next = index + 1;
    return message(12, [...zigzag(1, offset), ...number(2, 1)]);
  });
  // Each bucket as its difference to the one before it.
  const deltas = buckets.map(([, n], i) => n - (buckets[i - 1]?.[1] ?? 0));
  const histogram = [
    ...number(1, total),
    ...double(2, 1),
    ...zigzag(5, SCHEMA),
    ...double(6, 1e-9),
    ...number(7, 0),
    ...spans,
    ...message(
      13,
      deltas.flatMap((delta) => varint(zigzagged(delta))),
    ),
  ];
  return family(name, HISTOGRAM, [...labelsOf(labels), ...message(7, histogram)]);
}

/** Bucket of a value. */
export function nativeBucket(value: number): number {
  return Math.ceil(Math.log2(value) * 2 ** SCHEMA);
}

function family(name: string, type: number, metric: Bytes): Bytes {
  const body = [...text(1, name), ...number(3, type), ...message(4, metric)];
  return [...varint(body.length), ...body];
}

function labelsOf(labels: Readonly<Record<string, string>>): number[] {
  return Object.entries(labels).flatMap(([name, value]) => message(1, [...text(1, name), ...text(2, value)]));
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function zigzagged(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function number(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

function zigzag(field: number, value: number): number[] {
  return number(field, zigzagged(value));
}

function double(field: number, value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [...varint(field * 8 + 1), ...new Uint8Array(view.buffer)];
}

function message(field: number, body: Bytes): number[] {
  return [...varint(field * 8 + 2), ...varint(body.length), ...body];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}
