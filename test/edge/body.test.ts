/** Bodies through the router: streamed as they come, timed, and their cuts told by class. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEdge, type EdgeUnderTest } from './support.ts';

describe('bodies', () => {
  let edge: EdgeUnderTest;
  before(async () => {
    const own = [{ name: 'acme', when: ['/kind'], text: ['/w'], error: ['/kind=oops'] }];
    edge = await startEdge({ STREAM_DIALECTS: JSON.stringify(own) });
    await edge.set({});
  });
  after(() => edge.close());

  it('an event stream arrives while the origin still writes', async () => {
    const answer = await edge.get('/sse-slow');
    assert.ok(answer.body);
    const arrivals: number[] = [];
    let text = '';
    for await (const chunk of answer.body) {
      arrivals.push(performance.now());
      text += Buffer.from(chunk).toString();
    }
    assert.ok(text.endsWith('data: [DONE]\n\n'));
    assert.ok((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0) > 300, 'came in one piece');
    const [line] = await edge.lines(({ route }) => route === '/sse-slow');
    assert.ok(line);
    const { tffb, tusable, tfinal } = line.latency_ms;
    // The first byte is a heartbeat, which is of no use to anybody.
    assert.ok(tffb + 100 < tusable && tusable + 200 < tfinal, JSON.stringify(line.latency_ms));
    assert.equal(line.error, null);
  });

  it('an event stream without the end that its dialect has is truncated, even at 200 with a clean end', async () => {
    await (await edge.get('/sse-cut')).text();
    const [line] = await edge.lines(({ route }) => route === '/sse-cut');
    assert.deepEqual([line?.status, line?.error], [200, 'body:truncated_stream']);
  });

  it('an error at status 200 is a class of the line, in streams of one’s own dialect too (B6)', async () => {
    assert.equal((await edge.get('/error-json')).status, 200);
    await (await edge.get('/sse-own')).text();
    const report = (await (await edge.admin('config')).json()) as { dialects: string };
    assert.match(report.dialects, /"acme"/);
    const [document] = await edge.lines(({ route }) => route === '/error-json');
    const [stream] = await edge.lines(({ route }) => route === '/sse-own');
    assert.deepEqual(
      [document?.status, document?.error, stream?.status, stream?.error],
      [200, 'body:error_document:quota', 200, 'body:error_event:full'],
    );
  });

  it('a body cut by the origin is cut for the client and logged', async () => {
    const answer = await edge.get('/cut');
    assert.equal(answer.headers.get('content-length'), '1000');
    await assert.rejects(answer.text());
    const [line] = await edge.lines(({ route }) => route === '/cut');
    assert.equal(line?.error, 'body:truncated');
  });

  it('cut JSON of known length is cut for the client', async () => {
    const answer = await edge.get('/cut-json');
    assert.equal(answer.headers.get('content-length'), '1000');
    await assert.rejects(answer.text());
    const [line] = await edge.lines(({ route }) => route === '/cut-json');
    assert.equal(line?.error, 'body:truncated');
  });

  it('cut JSON of unknown length is logged as cut; what came of it was passed on', async () => {
    const answer = await edge.get('/cut-chunked');
    assert.equal(answer.status, 200);
    await answer.text().catch(() => undefined);
    const [line] = await edge.lines(({ route }) => route === '/cut-chunked');
    assert.equal(line?.error, 'body:truncated');
  });

  it('JSON longer than is read ahead is passed on from its beginning', async () => {
    const items = (await (await edge.get('/long-json')).json()) as string[];
    assert.deepEqual(
      items.map((item) => item.length),
      Array.from({ length: 20 }, () => 10_000),
    );
  });

  it('an origin that hangs up before the headers is 502 headers:closed', async () => {
    const answer = await edge.get('/hang-up');
    assert.equal(answer.status, 502);
    const [line] = await edge.lines(({ route }) => route === '/hang-up');
    assert.equal(line?.error, 'headers:closed');
  });

  it('a status of the origin is its class; its refusal of a write is not an error', async () => {
    assert.equal((await edge.get('/500')).status, 500);
    const [broken] = await edge.lines(({ route }) => route === '/500');
    assert.equal(broken?.error, 'headers:http_5xx:500');
    await edge.get('/app-late');
    const [late] = await edge.lines(({ route }) => route === '/app-late');
    assert.deepEqual([late?.write, late?.error], ['late', null]);
  });

  it('a client that goes away is told apart from an origin that breaks (B7)', async () => {
    const stop = new AbortController();
    const answer = await edge.get('/ticker', { signal: stop.signal });
    await answer.body?.getReader().read();
    stop.abort();
    const [line] = await edge.lines(({ route }) => route === '/ticker');
    assert.equal(line?.error, 'client:closed');
  });

  it('a request body streams through to the origin', async () => {
    const answer = await edge.get('/upload', {
      method: 'POST',
      body: new ReadableStream({
        async start(controller) {
          for (const part of ['a', 'b', 'c']) controller.enqueue(new TextEncoder().encode(part));
          controller.close();
        },
      }),
      duplex: 'half',
    });
    assert.equal(((await answer.json()) as { body: string }).body, 'abc');
  });

  it('no line is lost when the edge closes right after the answers', async () => {
    const { readFile } = await import('node:fs/promises');
    const other = await startEdge();
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => (await other.get(`/burst`, { region: i % 2 })).text()),
    );
    await other.edge.close();
    const text = await readFile(other.logFile, 'utf8');
    assert.equal(text.split('\n').filter((line) => line.includes('/burst')).length, 200);
    await other.close();
  });
});
