/** The OpenAI-compatible embedder against a small server that speaks the protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { EmbedderError } from '../../src/probes/embed/embedder.ts';
import { createOpenAi } from '../../src/probes/embed/openai.ts';
import type { OpenAiOptions } from '../../src/probes/embed/openai.ts';
import { bodyOf, httpServer } from './servers.ts';

interface Asked {
  readonly input: readonly string[];
  readonly encoding_format: string;
  readonly model: string;
  readonly dimensions?: number;
}

interface Server {
  readonly url: string;
  readonly asked: Asked[];
  readonly keys: (string | undefined)[];
}

/** Embeds a text as (length, 1, 0); answers out of order. `refuse` gives status and headers of the first answers. */
async function embeddingServer(
  t: TestContext,
  refuse: readonly [status: number, after?: string][] = [],
): Promise<Server> {
  const asked: Asked[] = [];
  const keys: (string | undefined)[] = [];
  const left = [...refuse];
  const url = await httpServer(t, async (req, res) => {
    const body = JSON.parse(await bodyOf(req)) as Asked;
    assert.equal(req.url, '/v1/embeddings');
    keys.push(req.headers.authorization);
    const next = left.shift();
    if (next !== undefined) {
      res.writeHead(next[0], next[1] === undefined ? {} : { 'retry-after': next[1] }).end('{"error":{}}');
      return;
    }
    asked.push(body);
    const data = body.input.map((text, index) => {
      const vector = new Float32Array([text.length, 1, 0]);
      const embedding =
        body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    });
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ object: 'list', data: data.toReversed(), model: body.model, usage: {} }));
  });
  return { url, asked, keys };
}

const make = (server: Server, rest: Partial<OpenAiOptions> = {}, env = {}): ReturnType<typeof createOpenAi> =>
  createOpenAi({ baseUrl: server.url, model: 'm', dimensions: 3, ...rest }, env);

for (const encoding of ['base64', 'float'] as const) {
  test(`${encoding}: vectors come back in the order of the texts, normalised`, async (t) => {
    const server = await embeddingServer(t);
    const embedder = make(server, { encoding }, { OPENAI_API_KEY: 'secret' });
    const [two, one] = await embedder.embed(['ab', 'a'], 'query');
    assert.deepEqual(two, new Float32Array([2 / Math.sqrt(5), 1 / Math.sqrt(5), 0]));
    assert.deepEqual(one, new Float32Array([Math.SQRT1_2, Math.SQRT1_2, 0]));
    assert.deepEqual(server.keys, ['Bearer secret']);
    assert.equal(server.asked[0]?.encoding_format, encoding);
    assert.equal(JSON.stringify(embedder).includes('secret'), false);
  });
}

test('at most 100 texts a request, prefixes by role, dimensions only when asked', async (t) => {
  const server = await embeddingServer(t);
  const embedder = make(server, { queryPrefix: 'query: ', passagePrefix: 'passage: ', sendDimensions: true });
  const vectors = await embedder.embed(
    Array.from({ length: 250 }, (_, i) => `t${i}`),
    'passage',
  );
  assert.equal(vectors.length, 250);
  assert.deepEqual(
    server.asked.map((a) => a.input.length),
    [100, 100, 50],
  );
  assert.equal(server.asked[2]?.input[0], 'passage: t200');
  assert.equal(server.asked[0]?.dimensions, 3);
  assert.deepEqual(server.keys, [undefined, undefined, undefined]);
  await make(server).embed(['x'], 'query');
  assert.equal(server.asked.at(-1)?.dimensions, undefined);
});

test('429 waits as long as the server asks, 503 is tried again', async (t) => {
  const server = await embeddingServer(t, [[429, '1'], [503]]);
  const started = performance.now();
  const vectors = await make(server).embed(['x'], 'query');
  assert.equal(vectors.length, 1);
  assert.ok(performance.now() - started >= 1_000);
  assert.equal(server.keys.length, 3);
});

test('after the last attempt, and on a plain refusal, the judge is broken', async (t) => {
  const busy = await embeddingServer(t, [[500], [500]]);
  await assert.rejects(
    make(busy, { attempts: 2 }).embed(['x'], 'query'),
    (error) => error instanceof EmbedderError && error.retryable,
  );
  const denied = await embeddingServer(t, [[401]]);
  await assert.rejects(
    make(denied, {}, { OPENAI_API_KEY: 'secret' }).embed(['x'], 'query'),
    (error) => error instanceof EmbedderError && !error.retryable && !String(error.stack).includes('secret'),
  );
  assert.equal(denied.keys.length, 1);
});

test('a wrong dimension and too few vectors are refused', async (t) => {
  const server = await embeddingServer(t);
  await assert.rejects(make(server, { dimensions: 4 }).embed(['x'], 'query'), /expected 4 dimensions/u);
  const short = await httpServer(t, (_req, res) => void res.end('{"data":[]}'));
  await assert.rejects(make({ ...server, url: short }).embed(['x'], 'query'), /0 embeddings for 1/u);
  const broken = await httpServer(t, (_req, res) => void res.end('<html>'));
  await assert.rejects(make({ ...server, url: broken }).embed(['x'], 'query'), /not a list of embeddings/u);
});

test('an abort ends the wait for a busy server', async (t) => {
  const server = await embeddingServer(t, [[429, '30']]);
  const control = new AbortController();
  setTimeout(() => control.abort(new Error('cancelled')), 100);
  await assert.rejects(make(server).embed(['x'], 'query', control.signal), /cancelled/u);
});

test('options are checked', () => {
  assert.throws(() => createOpenAi({ model: '', dimensions: 3 }, {}), { name: 'UserError' });
  assert.throws(() => createOpenAi({ model: 'm', dimensions: 3, batch: 101 }, {}), { name: 'UserError' });
  assert.throws(() => createOpenAi({ model: 'm', dimensions: 3, baseUrl: 'file:///x' }, {}), {
    name: 'UserError',
  });
});
