/** What is sent, what is read, and what is timed. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { ownDialect } from '../../src/domain/streams/own.ts';
import { compileTemplate } from '../../src/probes/template.ts';
import { awsEvent } from '../domain/streams/support.ts';
import { bodyOf, httpServer } from './servers.ts';
import { CELL, probe, REQUEST, senderTo } from './support.ts';

const nasty = 'a "quoted" \\ line\nbreak {{seed}} %2F ünï';

test('the body stays the same JSON whatever the question holds; a bare {{seed}} is a number', () => {
  const fill = compileTemplate({
    ...REQUEST,
    path: '/ask/{{probeId}}?q={{question}}',
    headers: { 'x-seed': 's{{seed}}', 'x-q': '{{question}}' },
    body: {
      deep: [{ q: 'Q: {{question}}', seed: '{{seed}}', text: 'n={{seed}}', odd: '"{{seed}}"' }],
      '{{seed}}': 1,
    },
  });
  const filled = fill({ question: nasty, seed: 2, probeId: 'a/b' });
  assert.deepEqual(JSON.parse(filled.body ?? ''), {
    deep: [{ q: `Q: ${nasty}`, seed: 2, text: 'n=2', odd: '"2"' }],
    2: 1,
  });
  assert.equal(filled.path, `/ask/a%2Fb?q=${encodeURIComponent(nasty)}`);
  assert.equal(filled.headers['x-seed'], 's2');
  assert.doesNotThrow(() => new Headers(filled.headers));
});

test('a wrong template is refused when it is compiled', () => {
  assert.throws(() => compileTemplate({ ...REQUEST, body: { a: '{{questoin}}' } }), UserError);
  assert.throws(() => compileTemplate({ ...REQUEST, path: 'v1' }), UserError);
  assert.throws(() => senderTo('ftp://host'), UserError);
});

test('a header of the plan takes the place of ours in any case, and the pin that of both', async (t) => {
  const seen: string[][] = [];
  const url = await httpServer(t, (req, res) => {
    seen.push(req.rawHeaders);
    res.end('{"answer":"yes"}');
  });
  const sender = senderTo(url, {
    request: { ...REQUEST, headers: { 'User-Agent': 'acme/1', Accept: 'application/acme', 'X-Plan': 'p' } },
    pin: () => ({ 'user-agent': 'cutover/probe' }),
  });
  await sender.send(probe('p'), CELL, 'blue');
  const valuesOf = (name: string) =>
    seen[0]?.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name);
  assert.deepEqual(['user-agent', 'accept', 'x-plan'].map(valuesOf), [
    ['cutover/probe'],
    ['application/acme'],
    ['p'],
  ]);
});

test('a JSON answer is sent with its pin, mapped and timed', async (t) => {
  const seen: { headers: Record<string, unknown>; body: unknown; path: string }[] = [];
  const url = await httpServer(t, async (req, res) => {
    seen.push({ headers: req.headers, body: JSON.parse(await bodyOf(req)), path: req.url ?? '' });
    res.setHeader('x-cold-start', '1');
    res.writeHead(200, { 'content-type': 'application/json' });
    res.write('{"answer":');
    await sleep(250);
    res.end('"yes","retrieved":[{"snippet_id":"1","section_id":"s","text":"t"}],"index":{"INDEX_HASH":"h"}}');
  });
  const sender = senderTo(`${url}/`, { pin: (color) => ({ 'x-cutover-pin': `pin-${color}` }) });
  const sent = await sender.send(probe('p'), CELL, 'green');
  assert.equal(sent.error, null);
  assert.equal(seen[0]?.path, '/v1/answer');
  assert.equal(seen[0]?.headers['x-cutover-pin'], 'pin-green');
  assert.equal(seen[0]?.headers['x-cutover-probe'], 'p');
  assert.deepEqual(seen[0]?.body, { question: 'second p', seed: 2 });
  assert.equal(sent.answer?.answer, 'yes');
  assert.deepEqual(sent.answer?.identity, { INDEX_HASH: 'h' });
  assert.equal(sent.cold, true);
  const { tffb = 0, tusable = 0, tfinal = 0 } = sent.latencyMs ?? {};
  assert.ok(tffb > 0 && tusable - tffb > 50 && tfinal === tusable, JSON.stringify(sent.latencyMs));
});

const stream = { ...REQUEST, stream: true };

test('a stream is usable at its first text and final at its terminator', async (t) => {
  const url = await httpServer(t, async (req, res) => {
    assert.equal(req.headers.accept, 'text/event-stream');
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    res.write(': heartbeat\n\n');
    await sleep(200);
    res.write('data: {"delta":""}\n\ndata: {"delta":"Hé');
    res.write('llo"}\n\n');
    await sleep(200);
    res.end('data: {"final":{"answer":"Héllo all","retrieved":[{"section_id":"s"}]}}\n\ndata: [DONE]\n\n');
  });
  const sent = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
  assert.equal(sent.error, null);
  assert.equal(sent.answer?.answer, 'Héllo all');
  assert.equal(sent.answer?.retrieved[0]?.section_id, 's');
  const { tffb = 0, tusable = 0, tfinal = 0 } = sent.latencyMs ?? {};
  assert.ok(tusable - tffb > 50 && tfinal - tusable > 50, JSON.stringify(sent.latencyMs));
});

test('a stream of another dialect comes out as an answer with its sources (B5, D7)', async (t) => {
  const url = await httpServer(t, (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: {"choices":[{"index":0,"delta":{"role":"assistant","context":{"citations":[');
    res.write('{"filepath":"keys.md","chunk_id":"0","content":"Signing keys are rotated."}]}}}]}\n\n');
    res.end('data: {"choices":[{"index":0,"delta":{"content":"Each Monday"}}]}\n\ndata: [DONE]\n\n');
  });
  const sent = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
  assert.equal(sent.error, null);
  assert.equal(sent.answer?.answer, 'Each Monday');
  assert.deepEqual(sent.answer?.citations, ['keys.md']);
  assert.deepEqual(sent.answer?.retrieved, [
    { snippet_id: 'keys.md', section_id: 'keys.md', text: 'Signing keys are rotated.' },
  ]);
});

test('a binary stream of Bedrock and a JSON array of Gemini come out as answers, a JSON array of snippets stays one', async (t) => {
  const bedrock = [
    awsEvent('contentBlockDelta', { delta: { text: 'Keys ' } }),
    awsEvent('contentBlockDelta', {
      delta: { citation: { source: 'keys', sourceContent: [{ text: 'Rotated.' }] } },
    }),
    awsEvent('contentBlockDelta', { delta: { text: 'rotate.' } }),
    awsEvent('messageStop', { stopReason: 'end_turn' }),
  ];
  const gemini = [
    '[{"candidates":[{"content":{"parts":[{"text":"Keys "}]}}]}',
    ',{"candidates":[{"content":{"parts":[{"text":"rotate."}]},"finishReason":"STOP"}]}]',
  ];
  const bodies: Readonly<Record<string, readonly [string, readonly (string | Buffer)[]]>> = {
    '/bedrock': ['application/vnd.amazon.eventstream', bedrock],
    '/gemini': ['application/json', gemini],
    '/cut': ['application/vnd.amazon.eventstream', bedrock.slice(0, -1)],
    '/snippets': ['application/json', ['[{"section_id":"a",', '"text":"b"}]']],
  };
  const url = await httpServer(t, async (req, res) => {
    const [type, pieces] = bodies[req.url ?? ''] ?? ['', []];
    res.writeHead(200, { 'content-type': type });
    for (const piece of pieces) {
      res.write(piece);
      await sleep(20);
    }
    res.end();
  });
  const asked = async (path: string, rest: Partial<typeof REQUEST> = {}) =>
    senderTo(url, { request: { ...REQUEST, path, ...rest } }).send(probe('p'), CELL, 'blue');
  const [one, two] = [await asked('/bedrock'), await asked('/gemini')];
  for (const { error, answer, latencyMs } of [one, two]) {
    assert.deepEqual([error, answer?.answer], [null, 'Keys rotate.']);
    assert.ok((latencyMs?.tfinal ?? 0) - (latencyMs?.tusable ?? 0) > 10, JSON.stringify(latencyMs));
  }
  assert.deepEqual(one.answer?.retrieved, [{ snippet_id: 'keys', section_id: 'keys', text: 'Rotated.' }]);
  assert.equal((await asked('/cut')).error, 'body:truncated_stream');
  assert.equal((await asked('/snippets')).error, null);
});

test('a stream of plain text is an answer where a stream was asked for', async (t) => {
  const url = await httpServer(t, async (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    res.write('Keys ');
    await sleep(100);
    res.end('rotate.');
  });
  const asked = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
  assert.equal(asked.answer?.answer, 'Keys rotate.');
  const { tusable = 0, tfinal = 0 } = asked.latencyMs ?? {};
  assert.ok(tfinal - tusable > 50, JSON.stringify(asked.latencyMs));
  assert.equal((await senderTo(url).send(probe('p'), CELL, 'blue')).error, 'parse:json');
});

test('a dialect of the user’s own is read as it says', async (t) => {
  const url = await httpServer(t, (req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const end = req.headers['x-cutover-probe'] === 'cut' ? '' : 'data: {"kind":"bye"}\n\n';
    const text = 'data: {"kind":"chunk","out":{"w":"He"}}\n\ndata: {"kind":"chunk","out":{"w":"y"}}\n\n';
    res.end(`data: {"kind":"refs","docs":[{"doc":"s1","excerpt":"x"}]}\n\n${text}${end}`);
  });
  const own = ownDialect({
    name: 'acme',
    when: ['/kind'],
    text: ['/out/w'],
    citations: ['/docs'],
    citationId: ['doc'],
    citationText: ['excerpt'],
    end: ['/kind=bye'],
  });
  const sender = senderTo(url, { request: stream, dialects: [own] });
  const { answer } = await sender.send(probe('p'), CELL, 'blue');
  assert.deepEqual([answer?.answer, answer?.citations], ['Hey', ['s1']]);
  assert.equal(
    (await sender.send(probe('cut'), { ...CELL, probeId: 'cut' }, 'blue')).error,
    'body:truncated_stream',
  );
});

test('JSON that says it is an error is none of an answer, whatever the status (B6)', async (t) => {
  const url = await httpServer(t, (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end('{"answer":"yes","error":{"code":"rate_limit_exceeded"}}');
  });
  const sent = await senderTo(url).send(probe('p'), CELL, 'blue');
  assert.equal(sent.error, 'body:error_document:rate_limit_exceeded');
});

for (const [name, events, expected] of [
  [
    'lacks the end that its dialect has',
    'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n',
    'body:truncated_stream',
  ],
  [
    'fails after its text',
    'data: {"token":"Hi"}\n\nevent: error\ndata: {"error":{"code":"overloaded"}}\n\ndata: [DONE]\n\n',
    'body:error_event:overloaded',
  ],
  ['is cut within an event', 'data: {"delta":"Hi"}\n\ndata: [DO', 'body:truncated_stream'],
  ['carries broken JSON', 'data: {"delta":\n\ndata: [DONE]\n\n', 'parse:json'],
] as const) {
  test(`a stream that ${name} is ${expected} although HTTP said 200`, async (t) => {
    const url = await httpServer(t, (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.end(events);
    });
    const sent = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
    assert.equal(sent.error, expected);
    assert.equal(sent.latencyMs, null);
  });
}

test('a connection that stays open after the terminator costs no latency', { timeout: 5_000 }, async (t) => {
  const url = await httpServer(t, (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: {"delta":"Hi"}\n\ndata: [DONE]\n\n');
  });
  const sent = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
  assert.equal(sent.error, null);
  assert.ok((sent.latencyMs?.tfinal ?? 9e9) < 1_000);
});

test('an abort of the caller is thrown, never an error class', async (t) => {
  const url = await httpServer(t, () => undefined);
  const control = new AbortController();
  setTimeout(() => control.abort(new Error('cancelled')), 50);
  await assert.rejects(senderTo(url).send(probe('p'), CELL, 'blue', control.signal), /cancelled/u);
  await assert.rejects(senderTo(url).send(probe('p'), CELL, 'blue', control.signal), /cancelled/u);
});
