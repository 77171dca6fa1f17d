/** Answer streams: work grows with the stream, however it is cut and whatever it holds, and every event is accounted for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Dialect } from '../../../src/domain/streams/dialect.ts';
import { StreamReader } from '../../../src/domain/streams/reader.ts';
import { assertLinear } from '../../support/linear.ts';

const read = (chunks: readonly string[], own: readonly Dialect[] = []) => {
  const stream = new StreamReader({ framing: 'events', own, keeps: true });
  for (const chunk of chunks) stream.push(Buffer.from(chunk));
  const error = stream.finish();
  return { stream, error, document: stream.document() as Record<string, unknown> };
};

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
    it(`sixteen times as long takes about sixteen times as long: ${shape} (D10)`, () => {
      assertLinear(3000, make, (chunks) => void read(chunks));
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
    const whole = read([text]);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const parts = read(at.slice(1).map((end, i) => text.slice(at[i], end)));
        assert.deepEqual(parts.document, whole.document);
        assert.deepEqual([parts.stream.isOver, parts.error, parts.stream.hasText], [true, null, true]);
      }),
    );
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  for (const [what, text, answer, error] of [
    ['words as they are', 'data: Hé\n\ndata:  llo\n\n', 'Hé llo', null],
    ['words as JSON texts', 'data: "Hé"\n\ndata: " \\"llo\\""\n\n', 'Hé "llo"', null],
    ['a brace that is a word', 'data: if (x) \n\ndata: {\n\ndata:  y }\n\n', 'if (x) { y }', null],
    ['tokens in a field', 'data: {"token":"a"}\n\ndata: {"content":"b"}\n\n', 'ab', null],
    [
      '`answer` in pieces',
      'data: {"answer":"a "}\n\ndata: {"answer":"b "}\n\ndata: {"answer":"c"}\n\n',
      'a b c',
      null,
    ],
    ...[
      ['', 'Keys ', 'rotate.'],
      ['Keys ', '', 'rotate.'],
      ['Keys ', 'rotate.', ''],
    ].map(
      (pieces, i) =>
        [
          `\`answer\` in pieces, number ${i + 1} empty`,
          pieces.map((answer) => `data: ${JSON.stringify({ answer })}\n\n`).join(''),
          'Keys rotate.',
          null,
        ] as const,
    ),
    [
      '`answer` in pieces of which the last begins like the first',
      'data: {"answer":"a "}\n\ndata: {"answer":"b "}\n\ndata: {"answer":"a c"}\n\n',
      'a b a c',
      null,
    ],
    [
      '`answer` in pieces and then whole',
      'data: {"answer":"a "}\n\ndata: {"answer":"b"}\n\ndata: {"answer":"a b"}\n\n',
      'a b',
      null,
    ],
    ['`answer` whole each time', 'data: {"answer":"a "}\n\ndata: {"answer":"a b"}\n\n', 'a b', null],
    [
      'the whole answer at the end',
      'data: {"delta":"x"}\n\ndata: {"answer":"a b"}\n\ndata: [END]\n\n',
      'a b',
      null,
    ],
    [
      'heartbeats',
      'event: ping\ndata: 12:00\n\ndata: {"type":"heartbeat","text":"tick"}\n\ndata: a\n\n',
      'a',
      null,
    ],
    ['thoughts', 'data: {"type":"thinking","content":"hm"}\n\ndata: {"content":"a"}\n\n', 'a', null],
    [
      'a tool that failed',
      'data: {"type":"tool_result","error":"404"}\n\ndata: {"content":"a"}\n\n',
      'a',
      null,
    ],
    ['an error after the answer', 'data: {"text":"a"}\n\ndata: {"error":"x y"}\n\n', 'a', 'body:error_event'],
    ['an error with a number', 'event: error\ndata: {"status_code":500}\n\n', '', 'body:error_event:500'],
    ['an error that has no data', 'data: a\n\nevent: error\n\n', 'a', 'body:error_event'],
    ['no error', 'data: {"text":"a","error":null}\n\ndata: {"error":{}}\n\n', 'a', null],
    ['an error after its end', 'data: a\n\ndata: [DONE]\n\nevent: error\n\n', 'a', null],
  ] as const) {
    it(`of no vendor: ${what} (B6, D7)`, () => {
      const found = read([text]);
      assert.deepEqual([found.document['answer'], found.error], [answer, error]);
      assert.equal(found.stream.dialect, 'plain');
    });
  }

  for (const [what, rest, error] of [
    ['half a field', 'dat', 'body:truncated_stream'],
    ['a number of an event', 'id: 4', 'body:truncated_stream'],
    ['half a comment', ': hea', 'body:truncated_stream'],
    ['an event that is not over', 'data: tw', 'body:truncated_stream'],
    ['JSON that is whole', 'data: {"text":"b"}', null],
    ['whole lines that are no event', 'id: 4\n: heartbeat\n', null],
  ] as const) {
    it(`one that ends in ${what} is ${error ?? 'whole'} (B5)`, () => {
      assert.equal(read([`data: one\n\n${rest}`]).error, error);
      assert.equal(read([`data: one\n\ndata: [DONE]\n\n${rest}`]).error, null, 'after its end');
    });
  }

  it('a body of lines may be empty, and its last line may be long and without a newline', () => {
    const long = JSON.stringify({ text: 'x'.repeat(2 ** 20) });
    for (const [text, error] of [
      ['', null],
      ['\n', null],
      [long, null],
      [`{"text":"a"}\n${long}`, null],
      ['{"text":"a"}\n{"tex', 'body:truncated_stream'],
    ] as const) {
      const stream = new StreamReader({ framing: 'lines' });
      stream.push(Buffer.from(text));
      assert.equal(stream.finish(), error, text.slice(0, 20));
    }
  });

  it('an error is named by the vendor’s word, never by a message', () => {
    for (const [error, name] of [
      [{ code: 'rate_limit_exceeded', type: 'server_error' }, ':rate_limit_exceeded'],
      [{ type: 'overloaded_error', message: 'Overloaded' }, ':overloaded_error'],
      [{ code: 503, status: 'UNAVAILABLE' }, ':unavailable'],
      [{ code: '429' }, ':429'],
      ['Failed at 12:03 for user 7', ''],
      ['req-8f3a', ''],
      ['overloaded', ':overloaded'],
      [{ message: 'key sk-123 is wrong', code: 'key sk-123 is wrong' }, ''],
      [{ code: 'x'.repeat(65) }, ''],
    ] as const) {
      assert.equal(read([`data: ${JSON.stringify({ error })}\n\n`]).error, `body:error_event${name}`);
    }
  });

  it('an event longer than is looked into is known by its name, where nothing is kept', () => {
    const long = JSON.stringify({ response: { output: 'x'.repeat(2 ** 21) } });
    for (const [name, error] of [
      ['response.completed', null],
      ['response.in_progress', 'body:truncated_stream'],
      ['error', 'body:error_event'],
    ] as const) {
      const stream = new StreamReader({ framing: 'events' });
      stream.push(Buffer.from('data: {"type":"response.output_text.delta","delta":"a"}\n\n'));
      stream.push(Buffer.from(`event: ${name}\ndata: ${long}\n\n`));
      assert.deepEqual([stream.finish(), stream.hasText], [error, true], name);
    }
  });
});
