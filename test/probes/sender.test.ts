/** What is sent, what is read, and what is timed. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { compileTemplate } from '../../src/probes/template.ts';
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

for (const [name, events, answer] of [
  [
    'OpenAI chat',
    'data: {"choices":[{"delta":{"content":"He"}}]}\n\ndata: {"choices":[{"delta":{"content":"y"}}]}\n\ndata: [DONE]\n\n',
    'Hey',
  ],
  [
    'Anthropic messages',
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"Hey"}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    'Hey',
  ],
  ['plain text', 'data: He\n\ndata: y\n\nevent: done\ndata: \n\n', 'Hey'],
] as const) {
  test(`the dialect of ${name} is read`, async (t) => {
    const url = await httpServer(t, (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.end(events);
    });
    const sent = await senderTo(url, { request: stream }).send(probe('p'), CELL, 'blue');
    assert.equal(sent.error, null);
    assert.equal(sent.answer?.answer, answer);
  });
}

for (const [name, events, expected] of [
  ['ends without terminator', 'data: {"delta":"Hi"}\n\n', 'body:truncated_stream'],
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
