/** 10,000 mutated lines a reader: no crash, nothing left unsaid, and time in proportion to size. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ndjson, requestLine } from '../../../../src/conformance/request-lines.ts';
import { COLORS } from '../../../../src/domain/color.ts';
import { READERS } from '../../../../src/providers/duckdb/readers/index.ts';
import { opened, type NativeLine } from './kit.ts';

const LINES = 10_000;
const ours = ndjson([requestLine()]).trimEnd();
const quoted = JSON.stringify(ours);

const SEEDS: Readonly<Record<string, string>> = {
  'workers-trace': `{"EventTimestampMs":1772445600000,"EventType":"fetch","Outcome":"ok","Logs":[{"Level":"log","Message":[${quoted}]}]}`,
  alb: 'h2 2026-03-02T10:00:00.186641Z app/docs/50d 203.0.113.7:2817 10.0.0.1:80 0.001 0.048 0.037 200 200 34 366 "GET https://docs.example.com:443/v1/answer?q=1 HTTP/2.0" "curl/7.46.0" - - arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/docs-green/73e "Root=1-5" "-" "-" 0 2026-03-02T10:00:00.100000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1',
  otlp: `{"resourceSpans":[{"resource":{"attributes":[{"key":"cutover.color","value":{"stringValue":"green"}}]},"scopeSpans":[{"spans":[{"traceId":"5b","spanId":"ee","kind":2,"startTimeUnixNano":"1772445600000000000","endTimeUnixNano":"1772445600020500000","attributes":[{"key":"http.response.status_code","value":{"intValue":"200"}}]}]}]}],"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":${quoted}}}]}]}]}`,
  cloudfront:
    '{"timestamp":"1772445600.5","time-taken":"0.02","sc-status":"200","x-host-header":"blue.example.com","cs-uri-stem":"/a","c-ip":"203.0.113.7"}',
  'api-gateway':
    '{"logEvents":[{"message":"{\\"requestTimeEpoch\\":\\"1772445600000\\",\\"stage\\":\\"green\\",\\"status\\":\\"200\\",\\"responseLatency\\":\\"5\\"}"}]}',
  vercel: `[{"id":"1","timestamp":1772445600000,"message":${quoted}},{"id":"2","statusCode":200}]`,
  fastly:
    '{"timestamp":"2026-03-02T10:00:00+0000","backend":"green","response_status":200,"time_elapsed":20500,"url":"/a?b=1"}',
  fields: `{"ts":"2026-03-02T10:00:00Z","c":"blue","s":200,"took":1.5}`,
};
const FIELDS = {
  ts: { from: 'ts' },
  color: { from: 'c' },
  status: { from: 's' },
  'latency_ms.tfinal': { from: 'took' },
} as const;
const BITS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ' ',
  '\t',
  '\\',
  '\0',
  'null',
  '-1',
  '1e999',
  'NaN',
  '\u{1f600}',
  '\ud800',
  '#Fields: a b',
  '[['.repeat(200),
  'blue',
];

/** Numbers from 0 to 1, the same in each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function mutated(text: string, roll: () => number): string {
  let line = text;
  for (let times = 1 + Math.floor(roll() * 2); times > 0; times -= 1) {
    const [at, until] = [Math.floor(roll() * line.length), Math.floor(roll() * line.length)];
    const bit = BITS[Math.floor(roll() * BITS.length)] ?? '';
    const kind = roll();
    if (kind < 0.3) line = line.slice(0, at) + bit + line.slice(at + Math.floor(roll() * 4));
    else if (kind < 0.5) line = line.slice(0, at);
    else if (kind < 0.7) line = line.slice(0, at) + line.slice(at + Math.floor(roll() * 30));
    else if (kind < 0.9) line = line.slice(0, at) + String(Math.floor(roll() * 1e12)) + line.slice(at + 1);
    else
      line = line.slice(0, at) + line.slice(Math.min(at, until), Math.min(at, until) + 100) + line.slice(at);
  }
  return line;
}

function assertWhole(text: string): void {
  const line = JSON.parse(text) as NativeLine;
  // What holds a line of ours is passed on as it is: the engine looks at it as at any.
  if (['bucket', 'edge_pop', 'release', 'reason'].some((field) => field in line)) return;
  assert.ok(Number.isFinite(Date.parse(line.ts)), text);
  assert.ok(COLORS.includes(line.color), text);
  assert.ok(Number.isInteger(line.status) && line.status >= 100 && line.status <= 999, text);
  assert.ok(Number.isFinite(line.latency_ms.tfinal) && line.latency_ms.tfinal >= 0, text);
}

void describe('mutated lines', () => {
  for (const { name } of READERS) {
    void it(`of ${name} come out as request lines or with a reason`, () => {
      const seed = SEEDS[name] ?? '';
      const translate = opened(name, { fields: name === 'fields' ? FIELDS : {} });
      assert.ok(translate(seed).lines.length > 0, 'the seed itself is read');
      const roll = dice(7);
      let [read, named] = [0, 0];
      for (let i = 0; i < LINES; i += 1) {
        const line = mutated(seed, roll);
        const { lines, left } = translate(line);
        for (const text of lines) {
          assertWhole(text);
          assert.ok(!text.includes('\n'), 'one line each');
        }
        for (const why of left) assert.ok(why.left.length > 0 && why.left.length < 200);
        const isDirective = name === 'cloudfront' && line.startsWith('#');
        assert.ok(lines.length + left.length > 0 || isDirective || line.trim() === '', line);
        read += lines.length;
        named += left.length;
      }
      assert.ok(read > LINES / 500 && named > LINES / 50, `${read} read, ${named} named`);
    });

    void it(`of ${name} take time in proportion to their length`, () => {
      const seed = SEEDS[name] ?? '';
      const translate = opened(name, { fields: name === 'fields' ? FIELDS : {} });
      for (const filler of ['"', '\\', ' ', '[', '{"a":', 'a-', '0', '\t', '%']) {
        const line = `${seed.slice(0, -1)}${filler.repeat(Math.ceil(2e6 / filler.length))}`;
        const start = performance.now();
        translate(line);
        assert.ok(performance.now() - start < 3000, `${JSON.stringify(filler)} × 2 MB`);
      }
    });
  }
});
