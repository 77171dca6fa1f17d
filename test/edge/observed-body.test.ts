/** Bodies on their way through: what they bring, how they end, and what they say at a good status that is an error. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observeBody, type BodyReport, type ObserveOptions } from '../../src/edge/observed-body.ts';
import { readWhole } from '../../src/edge/whole-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

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

const ANY: Omit<ObserveOptions, 'onEnd'> = {
  headers: new Headers({ 'content-type': 'text/plain' }),
  status: 200,
  dialects: [],
  clock: () => performance.now(),
  keepBytes: 0,
  gone: new AbortController().signal,
};

/** What is reported of a body that comes in these chunks, a tick of the clock each. */
async function reported(
  type: string,
  chunks: readonly string[],
  rest: Partial<ObserveOptions> = {},
): Promise<BodyReport> {
  let now = 0;
  const clock = (): number => (now += 1);
  return new Promise((onEnd) => {
    const headers = new Headers({ 'content-type': type });
    const body = observeBody(slowly(chunks.map((chunk) => [0, chunk])), {
      ...ANY,
      headers,
      clock,
      ...rest,
      onEnd,
    });
    void new Response(body).text();
  });
}

const SSE = 'text/event-stream; charset=utf-8';

describe('streams on their way', () => {
  for (const [what, type, chunks, error] of [
    ['ends without an end mark where none is promised', SSE, ['data: one\n\n', 'data: two\n\n'], null],
    [
      'has the end mark of OpenAI’s Responses',
      SSE,
      ['data: {"type":"response.completed","response":{}}\n\n'],
      null,
    ],
    ['has LangServe’s end', SSE, ['event: data\ndata: "x"\n\n', 'event: end\n\n'], null],
    ['lacks the end that its dialect promises', SSE, ['event: data\ndata: "x"\n\n'], 'body:truncated_stream'],
    ['ends within an event', SSE, ['data: one\n\n', 'data: tw'], 'body:truncated_stream'],
    ['brings nothing at all', SSE, [': waiting\n\n'], 'body:truncated_stream'],
    ['of lines ends in its last line', 'application/x-ndjson', ['{"text":"a"}\n', '{"text":"b"}'], null],
    ['of lines is cut', 'application/x-ndjson', ['{"text":"a"}\n', '{"tex'], 'body:truncated_stream'],
    [
      'of Ollama stops before it is done',
      'application/x-ndjson',
      ['{"model":"m","response":"a","done":false}\n'],
      'body:truncated_stream',
    ],
  ] as const) {
    it(`one that ${what} is ${error ?? 'whole'} (B5)`, async () => {
      assert.equal((await reported(type, chunks)).error, error);
    });
  }

  const GEMINI = [
    '[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n',
    ',\n{"candidates":[{"finishReason":"STOP"}]}]',
  ];
  for (const [what, chunks, error] of [
    ['whole', GEMINI, null],
    ['cut', GEMINI.slice(0, 1), 'body:truncated_stream'],
    [
      'with an error',
      [...GEMINI.slice(0, 1), ',{"error":{"code":503,"status":"UNAVAILABLE"}}]'],
      'body:error_event:unavailable',
    ],
  ] as const) {
    it(`a JSON array of events, ${what}, is ${error ?? 'an answer'}, usable at its first text`, async () => {
      const report = await reported('application/json; charset=UTF-8', chunks);
      assert.equal(report.error, error);
      assert.ok((report.usableMs ?? 0) < report.endMs);
    });
  }

  it('a JSON array of anything else is a document, usable at its end', async () => {
    const report = await reported('application/json', ['[{"section_id":"a"}', ',{"error":"b"}]']);
    assert.deepEqual([report.error, report.usableMs], [null, report.endMs]);
  });

  for (const [what, type, chunks, error] of [
    [
      'an event `error` after text',
      SSE,
      ['data: {"token":"a"}\n\n', 'event: error\ndata: {"error":{"code":"overloaded"}}\n\ndata: [DONE]\n\n'],
      'body:error_event:overloaded',
    ],
    [
      'a failed response',
      SSE,
      ['data: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n'],
      'body:error_event:server_error',
    ],
    [
      'a line that is an error',
      'application/x-ndjson',
      ['{"error":"model not found"}\n'],
      'body:error_event',
    ],
    [
      'JSON that is an error',
      'application/json',
      ['{"err', 'or":{"type":"quota"}}'],
      'body:error_document:quota',
    ],
    ['JSON with an empty error', 'application/json', ['{"answer":"a","error":null}'], null],
  ] as const) {
    it(`${what} at status 200 is ${error ?? 'an answer'} (B6)`, async () => {
      const report = await reported(type, chunks, { keepBytes: 1000 });
      assert.equal(report.error, error);
      assert.equal(report.kept === null, error !== null, 'an error is not cached');
    });
  }

  it('are usable at their first text, not at a heartbeat or a thought', async () => {
    const { firstByteMs, usableMs } = await reported(SSE, [
      ': hi\n\n',
      'data: {"type":"response.reasoning_text.delta","delta":"hm"}\n\n',
      'data: {"type":"response.output_text.delta","delta":"yes"}\n\n',
      'data: {"type":"response.completed"}\n\n',
    ]);
    const unknown = await reported(SSE, [': hi\n\n', 'data: {"odd":1}\n\n', 'data: {"odd":2}\n\n']);
    const usable = (one: BodyReport): number => (one.usableMs ?? 0) - (one.firstByteMs ?? 0);
    assert.ok((firstByteMs ?? 0) < (usableMs ?? 0));
    assert.ok(
      usable(unknown) > 0 && unknown.endMs > (unknown.usableMs ?? 0),
      'of an unknown kind: the first data',
    );
  });

  it('a line of megabytes takes a time that grows with its length only (B4)', async () => {
    const chunk = 'x'.repeat(1024);
    const time = async (chunks: number): Promise<number> => {
      const startedAt = performance.now();
      await reported(SSE, ['data: ', ...Array.from({ length: chunks }, () => chunk), '\n\n']);
      return performance.now() - startedAt;
    };
    await time(1000);
    const fastest = async (chunks: number): Promise<number> =>
      Math.min(...(await Promise.all([time(chunks), time(chunks), time(chunks)])));
    const [small, large] = [await fastest(1000), await fastest(8000)];
    // Quadratic work would be 64 times as much for 8 times the bytes.
    assert.ok(large < 24 * Math.max(small, 1), `${small} ms, ${large} ms`);
  });
});

describe('a stream that breaks off early', () => {
  const TEXT = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
  const STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
  const DONE = 'data: [DONE]\n\n';
  const FAILED = 'data: {"error":{"code":"overloaded"}}\n\n';

  /** What is reported once all chunks are read and what follows them happens, so many ms later. */
  async function endedBy(
    how: 'client' | 'signal' | 'origin',
    chunks: readonly string[],
    laterMs = 0,
  ): Promise<BodyReport> {
    let now = 0;
    const gone = new AbortController();
    return new Promise((onEnd, onFault) => {
      const parts = [
        ...chunks.map((chunk) => [0, chunk] as const),
        [how === 'origin' ? 0 : 60, null] as const,
      ];
      const reader = observeBody(slowly(parts), {
        ...ANY,
        headers: new Headers({ 'content-type': SSE }),
        keepBytes: 1000,
        clock: () => now,
        gone: gone.signal,
        onEnd,
      }).getReader();
      const run = async (): Promise<void> => {
        for (const _ of chunks) await reader.read();
        const last = reader.read().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now = laterMs;
        if (how === 'client') await reader.cancel();
        if (how === 'signal') gone.abort();
        await last;
      };
      run().catch(onFault);
    });
  }

  for (const [what, chunks, byClient, byOrigin] of [
    ['in mid-text', [TEXT], 'client:closed', 'body:truncated'],
    ['after an error event', [TEXT, FAILED], 'body:error_event:overloaded', 'body:error_event:overloaded'],
    ['after [DONE]', [TEXT, STOP, DONE], null, null],
    ['when the answer is whole and its last details are not there', [TEXT, STOP], null, 'body:truncated'],
  ] as const) {
    it(`${what}: what it said of itself counts more than who ended it`, async () => {
      for (const [how, error] of [
        ['client', byClient],
        ['signal', byClient],
        ['origin', byOrigin],
      ] as const) {
        const report = await endedBy(how, chunks);
        assert.deepEqual([report.error, report.kept], [error, null], how);
      }
      const stalled = await endedBy('signal', chunks, 10_000);
      assert.equal(stalled.error, byClient === 'client:closed' ? 'body:stalled' : byClient);
    });
  }
});

describe('JSON', () => {
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
            ...ANY,
            clock: () => now,
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
