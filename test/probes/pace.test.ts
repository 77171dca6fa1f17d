/** How fast a color is asked: a rate, room in flight that shrinks and grows, and what a 429 asks for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import type { ProbeCell } from '../../src/domain/probe.ts';
import { paced } from '../../src/probes/pace.ts';
import type { Sender, SentAnswer } from '../../src/probes/sender.ts';
import { httpServer } from './servers.ts';
import { CELL, probe, senderTo } from './support.ts';

const OK = '{"answer":"yes"}';

/** An answer, or a refusal that asks for a wait of so many ms. */
function answered(cell: ProbeCell, color: Color, askedMs: number | null): SentAnswer {
  return {
    cell,
    color,
    sentAtMs: 0,
    elapsedMs: 20,
    latencyMs: null,
    answer: null,
    cold: false,
    schemaViolations: [],
    retryAfterMs: askedMs,
    status: askedMs === null ? 200 : 429,
    error: askedMs === null ? null : 'headers:http_4xx:429',
  };
}

/** A sender that needs 20 ms an answer and refuses those that the given rule refuses; it counts what is in flight. */
function fake(refuses: (call: number) => number | null): Sender & { calls: number; most: number } {
  let inFlight = 0;
  const self = {
    calls: 0,
    most: 0,
    async send(_probe, cell, color) {
      const asked = refuses((self.calls += 1));
      self.most = Math.max(self.most, (inFlight += 1));
      await sleep(20);
      inFlight -= 1;
      return answered(cell, color, asked);
    },
  } satisfies Sender & { calls: number; most: number };
  return self;
}

const all = (sender: Sender, n: number) =>
  Promise.all(Array.from({ length: n }, () => sender.send(probe('p'), CELL, 'blue')));

describe('probes', () => {
  it('are sent no faster than the rate, color by color (D8)', async () => {
    const sender = paced(
      fake(() => null),
      { concurrency: 50, rate: 50 },
    );
    const started = performance.now();
    await Promise.all([
      all(sender, 11),
      ...Array.from({ length: 11 }, () => sender.send(probe('p'), CELL, 'green')),
    ]);
    const took = performance.now() - started;
    // Eleven at 50 a second: the last starts after 200 ms, with both colors side by side.
    assert.ok(took >= 200, String(took));
    assert.ok(took < 400, `one after the other: ${took}`);
  });

  it('wait as long as a 429 asks, and are sent again (D8)', async (t) => {
    const at: number[] = [];
    const url = await httpServer(t, (_req, res) => {
      at.push(performance.now());
      if (at.length === 1) res.writeHead(429, { 'retry-after': '1' }).end('{}');
      else res.writeHead(200, { 'content-type': 'application/json' }).end(OK);
    });
    const sent = await paced(senderTo(url), { concurrency: 4 }).send(probe('p'), CELL, 'blue');
    assert.deepEqual([sent.error, sent.answer?.answer], [null, 'yes']);
    assert.equal(at.length, 2);
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 990);
  });

  it('a 429 that asks for no wait is followed by a pause of our own', async () => {
    const sender = fake((call) => (call === 1 ? 0 : null));
    const started = performance.now();
    await paced(sender, { concurrency: 1 }).send(probe('p'), CELL, 'blue');
    assert.ok(performance.now() - started >= 1000);
  });

  it('halve what is in flight when they are refused, and grow back', async () => {
    const inner = fake((call) => (call <= 8 ? 0 : null));
    const sender = paced(inner, { concurrency: 8, firstWaitMs: 20 });
    inner.most = 0;
    const refused = all(sender, 8);
    await sleep(10);
    assert.equal(inner.most, 8, 'before anything is refused');
    inner.most = 0;
    await refused;
    assert.ok(inner.calls === 16 && inner.most <= 5, `${inner.calls} calls, ${inner.most} at once`);
    // Eight answers later there is more room, and after enough of them all of it.
    await all(sender, 40);
    inner.most = 0;
    await all(sender, 8);
    assert.equal(inner.most, 8);
  });

  it('are refused to the end: it is said, and nobody waits for the next ones', async () => {
    const inner = fake(() => 0);
    const sender = paced(inner, { concurrency: 4, firstWaitMs: 20 });
    const [first] = await all(sender, 1);
    assert.equal(first?.error, 'headers:http_4xx:429');
    assert.equal(inner.calls, 7);
    const started = performance.now();
    await all(sender, 20);
    assert.equal(inner.calls, 27);
    assert.ok(performance.now() - started < 2000);
  });

  it('a color that answers again after it refused to the end is asked at once', async () => {
    const inner = fake((call) => (call <= 7 ? 0 : null));
    const sender = paced(inner, { concurrency: 4, firstWaitMs: 20 });
    await all(sender, 1);
    assert.equal(inner.calls, 7);
    const started = performance.now();
    await all(sender, 1);
    await all(sender, 1);
    // The pause after the seventh refusal would be 1280 ms.
    assert.ok(performance.now() - started < 600, `${performance.now() - started}`);
  });

  it('an error is no sign that a color answers again', async () => {
    const inner = fake((call) => (call === 8 ? null : 0));
    const failing: Sender = {
      send: async (...ask) => {
        const sent = await inner.send(...ask);
        return sent.status === 200 ? { ...sent, status: 503, error: 'headers:http_5xx:503' } : sent;
      },
    };
    const sender = paced(failing, { concurrency: 4, firstWaitMs: 5 });
    for (let i = 0; i < 3; i += 1) await all(sender, 1);
    assert.equal(inner.calls, 9);
  });

  it('one kind of request that is refused holds up no other kind, and all are within rate and room', async () => {
    const seen: string[] = [];
    let [inFlight, most] = [0, 0];
    const inner: Sender = {
      async send({ id }, cell, color) {
        seen.push(id);
        most = Math.max(most, (inFlight += 1));
        await sleep(5);
        inFlight -= 1;
        return answered(cell, color, id === 'retrieval' ? 0 : null);
      },
    };
    const sender = paced(inner, { concurrency: 2, firstWaitMs: 20 }, ({ id }) => id);
    const ask = (kind: string, n: number) =>
      Promise.all(Array.from({ length: n }, () => sender.send(probe(kind), CELL, 'blue')));
    const started = performance.now();
    const [refused] = await Promise.all([
      ask('retrieval', 2),
      ask('answer', 20).then(() => assert.ok(performance.now() - started < 600)),
    ]);
    assert.deepEqual(
      refused.map(({ status }) => status),
      [429, 429],
    );
    assert.equal(most, 2);
    assert.equal(seen.filter((kind) => kind === 'answer').length, 20);
    const before = seen.length;
    await ask('retrieval', 1);
    assert.equal(seen.length, before + 1, 'an answer of the other kind is no answer of this one');
  });

  it('a color that takes two at a time, or thirty a second, answers all of them in the end (D8)', async () => {
    for (const limit of ['at a time', 'a second'] as const) {
      let [inFlight, refused] = [0, 0];
      const at: number[] = [];
      const inner: Sender = {
        async send(_probe, cell, color) {
          const now = performance.now();
          const busy =
            limit === 'at a time' ? inFlight >= 2 : at.filter((one) => now - one < 100).length >= 3;
          if (busy) refused += 1;
          else at.push(now);
          inFlight += 1;
          await sleep(busy ? 1 : 5);
          inFlight -= 1;
          return answered(cell, color, busy ? 0 : null);
        },
      };
      const sender = paced(inner, { concurrency: 8, firstWaitMs: 20 });
      const sent = await all(sender, 100);
      assert.deepEqual(new Set(sent.map(({ error }) => error)), new Set([null]), limit);
      assert.ok(refused > 0 && refused < 200, `${limit}: ${refused}`);
    }
  });

  it('an error of the color is no limit: it is never sent again', async (t) => {
    let calls = 0;
    const url = await httpServer(t, (_req, res) => {
      calls += 1;
      res.writeHead(503, { 'retry-after': '1' }).end('{}');
    });
    const sent = await paced(senderTo(url), { concurrency: 4 }).send(probe('p'), CELL, 'blue');
    assert.deepEqual([sent.error, calls], ['headers:http_5xx:503', 1]);
  });

  it('an abort ends a wait', async () => {
    const control = new AbortController();
    const sender = paced(
      fake(() => 60_000),
      { concurrency: 1 },
    );
    setTimeout(() => control.abort(new Error('cancelled')), 100);
    await assert.rejects(sender.send(probe('p'), CELL, 'blue', control.signal));
  });
});
