/** Event streams: work grows with the stream, however it is cut and whatever it holds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createEventAssembler } from '../../src/probes/event-stream.ts';

/** Best of three, microseconds of this process: what others do on the machine does not count. */
function cost(chunks: readonly string[]): number {
  const runs = Array.from({ length: 3 }, () => {
    const started = process.cpuUsage();
    const assembler = createEventAssembler();
    for (const chunk of chunks) assembler.feed(chunk);
    assembler.document();
    return process.cpuUsage(started).user;
  });
  return Math.min(...runs);
}

const SHAPES: Readonly<Record<string, (size: number) => string[]>> = {
  'events that each bring a new key': (n) => Array.from({ length: n }, (_, i) => `data: {"k${i}":1}\n\n`),
  'events of one word': (n) => Array.from({ length: n }, (_, i) => `data: {"delta":"w${i} "}\n\n`),
  'blank words, so that nothing is usable': (n) => Array.from({ length: n }, () => 'data: {"delta":" "}\n\n'),
  'one line that never ends': (n) => ['data: ', ...Array.from({ length: n }, () => 'xxxxxxxx')],
  'one event of many lines': (n) => Array.from({ length: n }, (_, i) => `data: line ${i}\n`),
  'lines cut in two': (n) => Array.from({ length: n }, () => ['data: a', 'b\n\n']).flat(),
  'one chunk of carriage returns': (n) => ['data: x\r'.repeat(n)],
  'carriage returns': (n) => Array.from({ length: n }, () => 'data: {"delta":"x"}\r\r'),
};

describe('an event stream', () => {
  for (const [shape, make] of Object.entries(SHAPES)) {
    it(`four times as long takes about four times as long: ${shape} (D10)`, () => {
      const [small, large] = [make(5000), make(20_000)];
      cost(small);
      const ratio = cost(large) / Math.max(2000, cost(small));
      // Work that grows with the square takes sixteen times as long.
      assert.ok(ratio < 10, `ratio ${ratio.toFixed(1)}`);
    });
  }

  it('is read the same however it is cut', () => {
    const text = [
      ': heartbeat\r\n\r\n',
      'data: {"delta":"one "}\n\n',
      'event: token\r\ndata: {"delta":"twö"}\r\n\r\n',
      'data: plain\ndata: lines\n\n',
      'data: {"final":{"citations":[{"section_id":"x"}],"__proto__":{"polluted":1}}}\n\n',
      'data: [DONE]\n\n',
    ].join('');
    const whole = createEventAssembler();
    whole.feed(text);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const parts = createEventAssembler();
        const usable = at.slice(1).map((end, i) => parts.feed(text.slice(at[i], end)));
        assert.deepEqual(parts.document(), whole.document());
        assert.deepEqual([parts.ended, parts.broken, usable.at(-1)], [true, false, true]);
      }),
    );
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });
});
