/** Trace events that workerd itself hands to a Tail Worker, of the router as it is deployed: its own lines are read out of them. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { Miniflare, Response as MiniflareResponse, type Request as MiniflareRequest } from 'miniflare';
import { workerScript } from '../../../../src/edge/local/bundle.ts';
import { read } from './kit.ts';

const TAIL = `export default { async tail(events, env) { await env.OUT.fetch('http://out/', { method: 'POST', body: JSON.stringify(events) }); } };`;
const ASKED = 3;

interface Worker {
  readonly fetch: (url: string) => Promise<Response>;
}

void it('the tail of workerd: every request of the router, and nothing of another Worker', async () => {
  const color = createServer((_, response) => {
    response.setHeader('x-route', 'answer');
    response.setHeader('x-instance-id', 'i1');
    response.end('Keys rotate.');
  });
  await new Promise<void>((resolve) => color.listen(0, '127.0.0.1', resolve));
  const address = color.address();
  assert.ok(address !== null && typeof address === 'object');
  const origin = `http://127.0.0.1:${address.port}`;
  const events: string[] = [];
  const options = { compatibilityDate: '2026-04-01', tails: ['tail'] };
  const mf = new Miniflare({
    workers: [
      {
        ...options,
        name: 'docs-router',
        modules: [{ type: 'ESModule', path: 'worker.js', contents: await workerScript() }],
        kvNamespaces: { CONFIG_KV: 'config' },
        durableObjects: { CONFIG: { className: 'ConfigObject', useSQLite: true } },
        bindings: {
          SERVICE: 'docs',
          REGION: 'eu',
          EDGE_POP: 'cdg1',
          ORIGIN_BLUE: origin,
          ORIGIN_GREEN: origin,
          DEFAULT_COLOR: 'blue',
          ADMIN_TOKEN: 'admin-token-of-this-test',
          PIN_SECRETS: 'pin-secret-of-this-test',
          LOG_TO_CONSOLE: '1',
        },
      },
      {
        ...options,
        name: 'shop',
        modules: true,
        script: `export default { fetch() { console.log('sold', { n: 1 }); return new Response('ok'); } };`,
      },
      {
        name: 'tail',
        modules: true,
        compatibilityDate: '2026-04-01',
        script: TAIL,
        serviceBindings: {
          async OUT(request: MiniflareRequest) {
            // One event a line, as Logpush and `wrangler tail` give them.
            for (const event of (await request.json()) as unknown[]) events.push(JSON.stringify(event));
            return new MiniflareResponse(null, { status: 204 });
          },
        },
      },
    ],
  });
  try {
    const router = (await mf.getWorker('docs-router')) as unknown as Worker;
    for (let n = 0; n < ASKED; n += 1) {
      const answer = await router.fetch(`http://docs.example.com/v1/answer?q=${n}`);
      assert.equal(await answer.text(), 'Keys rotate.');
    }
    const shop = (await mf.getWorker('shop')) as unknown as Worker;
    assert.equal(await (await shop.fetch('http://shop.example.com/')).text(), 'ok');
    const deadline = Date.now() + 20_000;
    const isThere = (): boolean =>
      events.some((event) => event.includes('sold')) && read('workers-trace', events).lines.length >= ASKED;
    while (!isThere() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    const { lines, left } = read('workers-trace', events);
    assert.deepEqual(
      lines.map((line) => [line.color, line.route, line.instance, line.status, line.service]),
      Array.from({ length: ASKED }, () => ['blue', 'answer', 'i1', 200, 'docs']),
    );
    for (const why of left) assert.equal(why, 'no request line in Logs of a trace event');
    assert.ok(left.length > 0, 'the other Worker’s event');
  } finally {
    await mf.dispose();
    color.close();
  }
});
