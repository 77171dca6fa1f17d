/** Plans from strangers: every text is answered with an error in bounded time and memory, never with a crash. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loadPlan } from '../../src/plan/load.ts';
import { PlanError } from '../../src/plan/errors.ts';
import { linesOf, loadText, MINIMAL } from './support.ts';

async function only(text: string, expected: RegExp): Promise<void> {
  const lines = await linesOf({ text });
  assert.match(lines.join('\n'), expected);
}

void test('aliases are bounded', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'lol' : `*a${i - 1}`)
        .join(',')}]`,
  );
  const started = Date.now();
  await only(`${MINIMAL}${levels.join('\n')}\n`, /expands aliases more than 50 times; write the values out/);
  await only(`a: &a [*a]\n`, /nested too deeply/);
  assert.ok(Date.now() - started < 2000);
});

void test('size and depth are bounded', async () => {
  const started = Date.now();
  await only(`${MINIMAL}# ${'x'.repeat(300_000)}`, /is larger than 256 KB/);
  await only(`a: ${'['.repeat(100_000)}`, /:1:\d+ plan: /);
  await only(`${'- '.repeat(50_000)}a`, /./);
  await only(`a: ${'{a: '.repeat(20_000)}`, /./);
  await only(`${MINIMAL}ramp: [${Array(5000).fill('1').join(',')}]`, /ramp: must be at most 50 items long/);
  await only(`${MINIMAL}${'k'.repeat(900)}: 1`, /is not a known field/);
  assert.ok(Date.now() - started < 10_000);
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'cutover-plan-')), 'big.yaml');
  writeFileSync(file, 'é'.repeat(200_000));
  await assert.rejects(loadPlan(file), /is larger than 256 KB/);
  writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]));
  await assert.rejects(loadPlan(file), /is not UTF-8 text/);
});

void test('syntax that is no plan', async () => {
  await only('', /^cutover.yaml:1:1 plan: is empty; begin with `service: <name>`/);
  await only('# only a comment\n', /is empty/);
  await only('- a\n- b\n', /must be a mapping of fields to values/);
  await only('just text', /must be a mapping/);
  await only('a: 1\n\tb: 2\n', /:2:1 plan: .*(tab|not YAML)/);
  await only(
    `${MINIMAL}service: twice\n`,
    /:8:1 plan: this key stands twice in one mapping; remove one of the two/,
  );
  await only(`${MINIMAL}---\nb: 2\n`, /:8:1 plan: holds more than one document/);
  await only(`${MINIMAL}x: !!js/function "() => 1"\n`, /unknown YAML tag/);
  await only('a: "open\n', /is not YAML/);
  await only('? [complex, key]\n: value\n', /:1:3 plan: has a key that is no plain word/);
  await only('<<: {service: x}\n', /<<.*is not a known field/);
});

void test('keys of JavaScript’s own do no harm', async () => {
  const lines = await linesOf({
    text: `${MINIMAL}__proto__: { polluted: yes }\nconstructor: 1\nentry2: { toString: 1 }\n`,
  });
  assert.equal(lines.length, 3);
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

void test('a byte order mark and CRLF change nothing', async () => {
  const { digest } = await loadText(MINIMAL);
  assert.equal((await loadText(`\uFEFF${MINIMAL}`)).digest, digest);
  assert.equal((await loadText(MINIMAL.replaceAll('\n', '\r\n'))).digest, digest);
  const lines = await linesOf({ text: `${MINIMAL}colour: x\n`.replaceAll('\n', '\r\n') });
  assert.match(lines[0] ?? '', /:8:1 colour/);
});

void test('values that nothing can use are refused at their place (D12)', async () => {
  const at = (text: string, line: RegExp) => only(MINIMAL.replace(/^probes:.*$/mu, '') + text, line);
  await at('probes: { set: "probes\\0" }\n', /probes\.set: holds a control character/);
  await at('warmup: { provider: { use: pings, timeoutMs: .inf } }\n', /timeoutMs: must be a finite number/);
  await at('warmup: { provider: { use: ./mine.mjs, rate: .nan } }\n', /rate: must be a finite number/);
  for (const header of ['x-cutover-pin', 'X-Color', 'host', 'Content-Length']) {
    await at(
      `probes: { request: { headers: { ${header}: v } } }\n`,
      /headers.*only the router or the HTTP client may set/,
    );
  }
  await at('probes: { request: { headers: { x-a: "v\\r\\nx-b: w" } } }\n', /must be one line/);
  await at('queue: { use: sqs, endpoint: "https://[::1" }\n', /queue\.endpoint: must be an absolute http/);
  const response = (text: string, line: RegExp) => at(`probes: { response: { ${text} } }\n`, line);
  await response("refusal: '/(?=x)/'", /probes\.response\.refusal: cannot be used/);
  await response("answer: '$.a[?('", /probes\.response\.answer: cannot be used/);
  await response('answer: "$.a[?search(@, \'(\')]"', /probes\.response\.answer: cannot be used/);
  await response('schema: { properties: { a: { pattern: "(" } } }', /schema\.properties\.a\.pattern: cannot/);
  await response('schema: { type: nonsense }', /probes\.response\.schema: cannot be used/);
});

void test('a pipe is refused at once: nobody may ever write to it (D12)', async () => {
  const pipe = path.join(mkdtempSync(path.join(tmpdir(), 'cutover-plan-')), 'pipe');
  execFileSync('mkfifo', [pipe]);
  await assert.rejects(loadPlan(pipe), /cannot be read \(a pipe or a device\)/);
});

void test('any value in any field loads or is refused as a PlanError (D12)', async () => {
  const odd = fc.oneof(
    fc.constantFrom(
      '"\\0"',
      '.inf',
      '-.inf',
      '.nan',
      '~',
      '"https://[::1"',
      '"/(/"',
      '"$.a[?("',
      '{}',
      '[]',
      '1e400',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
  );
  const field = fc.constantFrom(
    'service: @',
    'entry: @',
    'entry: { eu: @ }',
    'edge: { use: cloudflare, admin: @ }',
    'queue: { use: sqs, blue: @ }',
    'telemetry: { use: duckdb, path: @ }',
    'probes: @',
    'probes: { set: @ }',
    'probes: { request: { path: @, headers: { x-a: @ }, body: @ } }',
    'probes: { response: { answer: @, refusal: @, schema: { pattern: @ }, snippet: { id: @ } } }',
    'probes: { embedder: { use: @, url: @ } }',
    'hold: { peak: { at: @, zone: @ } }',
    'allowErrors: [@]',
    'customGates: [{ name: @, kind: http, url: @, max: @ }]',
    'warmup: { provider: { use: @, timeoutMs: @ } }',
  );
  await fc.assert(
    fc.asyncProperty(field, odd, async (template, value) => {
      const key = /^\w+/.exec(template)?.[0] ?? '';
      const rest = MINIMAL.split('\n').filter((line) => !line.startsWith(`${key}:`));
      const text = `${rest.join('\n')}\n${template.replaceAll('@', () => value)}\n`;
      await loadPlan({ text }).catch((cause: unknown) => {
        assert.ok(cause instanceof PlanError, `${text}: ${String(cause)}`);
      });
    }),
    { numRuns: 100 },
  );
});

void test('any text loads or is refused as a PlanError', async () => {
  const piece = fc.constantFrom(
    ...MINIMAL.split(/(?<=\n)/),
    'ramp: [',
    '- &a ',
    '*a',
    '{',
    '}',
    ': ',
    '"',
    '\n  ',
    '? ',
    '| ',
    '%YAML 1.1\n',
    '\u0000',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 12 }),
      async (pieces) => {
        await loadText(pieces.join('')).catch((error: unknown) => {
          if (!(error instanceof PlanError)) throw error;
        });
      },
    ),
    { numRuns: 300 },
  );
});
