/** Frames of a stream: the rules of server-sent events, lines of JSON, and every cut into chunks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Frames, type Frame, type TextFraming } from '../../../src/domain/streams/frames.ts';

function framesOf(chunks: readonly string[], framing: TextFraming = 'events', maxChars = 1000) {
  const found: Frame[] = [];
  const frames = new Frames(framing, maxChars, (frame) => found.push(frame));
  for (const chunk of chunks) frames.push(chunk);
  const isCutUntold = frames.finish();
  return { found, isCutUntold };
}

const short = ({ name, data }: Frame): string => `${name}|${data}`;

describe('server-sent events', () => {
  it('are cut by the rules of the standard', () => {
    const text = [
      '\uFEFFdata: one\n',
      'data:two\n',
      'data:  three\r\n\r\n',
      ': comment\r',
      'event: named\rdata\r\r',
      'id: 7\nretry: 10\n\n',
      'event: alone\n\n',
      'color: green\ndata: {"a":1}\n\n',
      'data: last',
    ].join('');
    const { found } = framesOf([text]);
    assert.deepEqual(found.map(short), ['|one\ntwo\n three', 'named|', 'alone|', '|{"a":1}', '|last']);
    assert.deepEqual(
      found.map(({ isUnfinished }) => isUnfinished),
      [false, false, false, false, true],
    );
  });

  it('are the same however they are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom('data: x', 'data:', 'event: e', ': c', 'id: 1', 'retry: 2', 'odd', 'data: {"a":"é"}'),
      fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n'),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        fc.constantFrom<TextFraming>('events', 'lines'),
        (pieces, cuts, framing) => {
          const text = pieces.join('');
          const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b)];
          const chunks = edges.map((from, i) => text.slice(from, edges[i + 1] ?? text.length));
          const whole = framesOf([text], framing);
          assert.deepEqual(framesOf(chunks, framing), whole, JSON.stringify(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a longer event than is kept says so, and costs no more than what is kept', () => {
    const { found } = framesOf(
      ['data: ', 'x'.repeat(5000), 'y\n', 'data: more\n\ndata: z\n\n'],
      'events',
      100,
    );
    assert.deepEqual(
      found.map(({ isLong, data }) => [isLong, data.length <= 100]),
      [
        [true, true],
        [false, true],
      ],
    );
  });
});

describe('lines', () => {
  it('are frames by themselves; blank ones and separators are none', () => {
    const { found } = framesOf(['{"a":1}\r\n\n\u001e{"b":2}\n{"c":', '3}'], 'lines');
    assert.deepEqual(found.map(short), ['|{"a":1}', '|{"b":2}', '|{"c":3}']);
  });
});
