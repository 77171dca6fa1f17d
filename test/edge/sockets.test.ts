/** WebSockets through the router, on workerd and on Node: labelled, logged at both ends, counted, and moved after the flip. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rawOrigin, type RawOrigin } from './raw.ts';
import { startNodeRouter } from './node/support.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';
import { connectTo, echo } from './websocket.ts';

const text = (said: string): Uint8Array => new TextEncoder().encode(said);
const NORMAL = Uint8Array.of(0x03, 0xe8);

type Router = Pick<EdgeUnderTest, 'set' | 'admin' | 'lines' | 'close'> & { readonly url: string };
type Start = (vars: Readonly<Record<string, string>>, origin: string) => Promise<Router>;

const RUNTIMES: Readonly<Record<string, Start>> = {
  async workerd(vars, origin) {
    const edge = await startEdge(vars, { origins: { blue: origin, green: origin } });
    return { ...edge, url: edge.edge.entries[0]?.url ?? '' };
  },
  Node: (vars, origin) => startNodeRouter({ vars, origins: { blue: origin, green: origin } }),
};

for (const [runtime, start] of Object.entries(RUNTIMES))
  describe(`WebSockets on ${runtime}`, () => {
    let edge: Router;
    let origin: RawOrigin;
    before(async () => {
      origin = await rawOrigin((_path, socket, head) => echo(head, socket));
      edge = await start({ SOCKET_GRACE_MS: '1000' }, origin.url);
      await edge.set({});
    });
    after(async () => {
      await edge.close();
      await origin.close();
    });

    const connect = (path: string) => connectTo(edge.url + path);
    const count = async () =>
      ((await (await edge.admin('config')).json()) as { openSockets: Record<string, number> }).openSockets;
    const closing = async (path: string) =>
      (await edge.lines(({ route, socket }) => route === path && socket?.event === 'close'))[0];

    it('writes a line when it opens and one when it closes, and is counted in between (B9)', async () => {
      const socket = await connect('/ws');
      const [open] = await edge.lines(({ route }) => route === '/ws');
      assert.deepEqual([open?.status, open?.error, open?.color], [101, null, 'blue']);
      assert.deepEqual(open?.socket, { event: 'open', bytesIn: 0, bytesOut: 0 });
      assert.deepEqual(await count(), { blue: 1, green: 0 });
      socket.send(1, text('hällo'));
      assert.equal(await socket.next(), 'hällo');
      await sleep(100);
      socket.send(8, NORMAL);
      const end = await closing('/ws');
      assert.deepEqual(
        [end?.status, end?.error, end?.socket],
        [101, null, { event: 'close', bytesIn: 6, bytesOut: 6 }],
      );
      assert.ok((end?.latency_ms.tfinal ?? 0) >= 100);
      assert.deepEqual(await count(), { blue: 0, green: 0 });
    });

    it('names the end that a color made by breaking off (B9)', async () => {
      const socket = await connect('/ws-die');
      socket.send(1, text('die'));
      assert.equal((await closing('/ws-die'))?.error, 'body:truncated_stream');
    });

    it('is closed within its grace once its user belongs to the other color, and not before (B9)', async () => {
      const socket = await connect('/ws-flip');
      await edge.set({ weightPercent: 50 });
      await sleep(2500);
      assert.equal(socket.isOpen(), true, 'without a key it stays on `from` below 100 %');
      await edge.set({ weightPercent: 100, producer: 'green' });
      assert.equal(await Promise.race([socket.next(), sleep(6000, 'still open')]), 1012);
      assert.equal((await closing('/ws-flip'))?.color, 'blue');
      const again = await connect('/ws-again');
      assert.deepEqual(await count(), { blue: 0, green: 1 });
      again.send(8, NORMAL);
      await closing('/ws-again');
    });
  });
