/** The scanner of event streams: right for every cut into chunks, and linear. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isWholeJson } from '../../src/edge/media-types.ts';
import { observeBody } from '../../src/edge/observed-body.ts';
import { SseLines } from '../../src/edge/sse-lines.ts';
import { readWhole } from '../../src/edge/whole-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The rule, said over whole lines. */
function expected(text: string): { useful: boolean; terminated: boolean } {
  let [useful, terminated] = [false, false];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const data = line.startsWith('data:') ? line.slice(5).trim() : '';
    const ends = ['[DONE]', '[END]'].includes(data) || ['event: message_stop', 'event: done'].includes(line);
    if (ends) terminated = true;
    else if (data !== '') useful = true;
  }
  return { useful, terminated };
}

function scanned(text: string, cuts: readonly number[]): { useful: boolean; terminated: boolean } {
  const all = bytes(`${text}\n`);
  const lines = new SseLines();
  let useful = false;
  const edges = [0, ...cuts.map((cut) => cut % (all.length + 1)).toSorted((a, b) => a - b), all.length];
  for (let i = 1; i < edges.length; i++) if (lines.sees(all.subarray(edges[i - 1], edges[i]))) useful = true;
  lines.finish();
  return { useful, terminated: lines.terminated };
}

describe('event streams', () => {
  it('are read alike however they are cut (B4)', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'data: [DONE]',
        'data:[END]',
        'event: done',
        'event: message_stop',
        'data: ',
        'data:',
        ': hi',
      ),
      fc.constantFrom('\n', '\r', '\r\n', '\n\n'),
      fc.constantFrom(
        `data: ${'x'.repeat(100)}`,
        `data:${' '.repeat(80)}x`,
        `data:${' '.repeat(80)}`,
        'data: é 版',
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(2000), { maxLength: 8 }),
        (pieces, cuts) => {
          const text = pieces.join('');
          assert.deepEqual(scanned(text, cuts), expected(text), JSON.stringify(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a line of megabytes takes a time that grows with its length only (B4)', () => {
    const chunk = new Uint8Array(1024).fill(120);
    const time = (chunks: number): number => {
      const lines = new SseLines();
      lines.sees(bytes('data: '));
      const startedAt = performance.now();
      for (let i = 0; i < chunks; i++) lines.sees(chunk);
      return performance.now() - startedAt;
    };
    time(2000);
    // Quadratic work would be 64 times as much for 8 times the bytes.
    const fastest = (chunks: number): number => Math.min(...Array.from({ length: 7 }, () => time(chunks)));
    const [small, large] = [fastest(2000), fastest(16_000)];
    assert.ok(large < 24 * Math.max(small, 0.2), `${small} ms, ${large} ms`);
  });

  it('a long line is useful before its end (B4)', () => {
    const lines = new SseLines();
    assert.equal(lines.sees(bytes('data: ')), false);
    assert.equal(lines.sees(bytes('word '.repeat(50))), true);
  });
});

describe('JSON', () => {
  it('is held for whole documents only (B3)', () => {
    for (const type of [
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/problem+json',
      'application/vnd.api+json',
    ]) {
      assert.equal(isWholeJson(type), true, type);
    }
    for (const type of [
      'application/x-ndjson',
      'application/ndjson',
      'application/jsonl',
      'application/x-jsonlines',
      'application/json-lines',
      'application/json-seq',
      'application/stream+json',
      'Application/Stream+JSON;charset=utf-8',
      'application/vnd.x.stream+json',
      'text/event-stream',
      'text/plain; json',
      '',
    ]) {
      assert.equal(isWholeJson(type), false, type);
    }
  });

  /** A body whose chunks come after so many ms each; null breaks off. */
  function slowly(parts: readonly (readonly [number, string | null])[]): ReadableStream<Uint8Array> {
    let at = 0;
    return new ReadableStream({
      async pull(controller) {
        const part = parts[at++];
        if (part === undefined) return controller.close();
        if (part[0] > 0) await new Promise((resolve) => setTimeout(resolve, part[0]));
        if (part[1] === null) controller.error(new Error('cut'));
        else controller.enqueue(bytes(part[1]));
      },
    });
  }

  it('is waited for within its time, and goes on from its beginning after it (B3)', async () => {
    assert.equal(
      (
        await readWhole(
          slowly([
            [0, 'ab'],
            [0, 'cd'],
          ]),
          50,
        )
      ).kind,
      'whole',
    );
    assert.equal(
      (
        await readWhole(
          slowly([
            [0, 'ab'],
            [0, null],
          ]),
          50,
        )
      ).kind,
      'cut',
    );
    const startedAt = performance.now();
    const late = await readWhole(
      slowly([
        [0, 'ab'],
        [300, 'cd'],
        [0, 'ef'],
      ]),
      20,
    );
    assert.ok(performance.now() - startedAt < 250);
    assert.ok(late.kind === 'longer');
    assert.equal(await new Response(late.body).text(), 'abcdef');
    const broken = await readWhole(
      slowly([
        [0, 'ab'],
        [100, null],
      ]),
      20,
    );
    assert.ok(broken.kind === 'longer');
    await assert.rejects(new Response(broken.body).text());
  });

  it('a client that leaves after a long silence of the color did not break the answer off (B1)', async () => {
    for (const [silentMs, error] of [
      [9_999, 'client:closed'],
      [10_000, 'body:stalled'],
    ] as const) {
      let now = 0;
      const gone = new AbortController();
      const ended = new Promise<string | null>((resolve) => {
        const body = observeBody(
          slowly([
            [0, 'ab'],
            [5000, 'cd'],
          ]),
          {
            contentType: 'text/plain',
            clock: () => now,
            keepBytes: 0,
            gone: gone.signal,
            onEnd: (report) => resolve(report.error),
          },
        );
        const reader = body.getReader();
        void reader.read().then(() => {
          void reader.read().catch(() => undefined);
          setTimeout(() => {
            now = silentMs;
            gone.abort();
          }, 5);
        });
      });
      assert.equal(await ended, error);
    }
  });
});
