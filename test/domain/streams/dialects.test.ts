/** Each dialect by a stream of its own: text, sources, end and error, and what is none of the answer. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Dialect } from '../../../src/domain/streams/dialect.ts';
import { ownDialect } from '../../../src/domain/streams/own.ts';
import { StreamReader } from '../../../src/domain/streams/reader.ts';
import { DIALECTS } from '../../../src/domain/streams/table.ts';
import { awsChunk, awsEvent, awsException, codec, framingOfFile, piecesOf } from './support.ts';

const FILES = new URL('files/', import.meta.url);
const TEXT = 'Signing keys are rotated.';

const OWN = ownDialect({
  name: 'acme',
  when: ['/kind'],
  text: ['/out/w'],
  citations: ['/docs'],
  citationId: ['doc'],
  citationText: ['excerpt'],
  end: ['event:bye', '/kind=bye', '[STOP]'],
  error: ['/problem', 'event:oops'],
});

function read(name: string, text: string | Uint8Array, own: readonly Dialect[] = []) {
  const stream = new StreamReader({ framing: framingOfFile(name), own, keeps: true });
  stream.push(typeof text === 'string' ? Buffer.from(text) : text);
  const error = stream.finish();
  const document = stream.document() as {
    answer: string;
    citations?: readonly { section_id: string }[];
    retrieved?: readonly { text?: string }[];
  };
  return { stream, error, document };
}

interface Expected {
  readonly dialect: string;
  readonly answer: string;
  readonly cites: readonly string[];
  readonly delivers: readonly string[];
  /** Last lines, or messages, without which the stream is cut off; 0: none is needed. */
  readonly endLines: number;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  'openai-chat.sse': {
    dialect: 'openai-chat',
    answer: 'Keys rotate.',
    cites: ['https://docs.example.com/keys'],
    delivers: [],
    endLines: 6,
  },
  'openai-responses.sse': {
    dialect: 'openai-responses',
    answer: 'Not in context',
    cites: [],
    delivers: [],
    endLines: 3,
  },
  'azure-on-your-data.sse': {
    dialect: 'openai-chat',
    answer: 'Each Monday [doc1]',
    cites: ['keys'],
    delivers: [TEXT],
    endLines: 2,
  },
  'anthropic.sse': {
    dialect: 'anthropic',
    answer: 'Keys rotate.',
    cites: ['docs/keys'],
    delivers: [TEXT],
    endLines: 3,
  },
  'gemini.sse': { dialect: 'gemini', answer: 'Keys rotate.', cites: [], delivers: [], endLines: 2 },
  'gemini-array.json': {
    dialect: 'gemini',
    answer: 'Keys [""]} rotate.',
    cites: ['keys'],
    delivers: [TEXT],
    endLines: 5,
  },
  'bedrock.eventstream': {
    dialect: 'bedrock',
    answer: 'Keys rotate.',
    cites: ['keys'],
    delivers: [TEXT],
    endLines: 2,
  },
  'bedrock-invoke.eventstream': {
    dialect: 'anthropic',
    answer: 'Keys rotate.',
    cites: [],
    delivers: [],
    endLines: 1,
  },
  'cohere.sse': { dialect: 'cohere', answer: 'Keys rotate.', cites: ['keys'], delivers: [TEXT], endLines: 3 },
  'cohere-v1.ndjson': {
    dialect: 'cohere',
    answer: 'Keys rotate.',
    cites: ['keys'],
    delivers: [],
    endLines: 1,
  },
  'dify.sse': { dialect: 'dify', answer: 'Keys rotate.', cites: [], delivers: [], endLines: 2 },
  'langserve.sse': { dialect: 'langserve', answer: 'Keys rotate.', cites: [], delivers: [], endLines: 2 },
  'vercel-ui.sse': {
    dialect: 'vercel-ui',
    answer: 'Keys rotate.',
    cites: ['keys'],
    delivers: [],
    endLines: 4,
  },
  'vercel-ui-message.sse': {
    dialect: 'vercel-ui',
    answer: 'Keys rotate.',
    cites: [],
    delivers: [],
    endLines: 2,
  },
  'vercel-data.ndjson': {
    dialect: 'vercel-data',
    answer: 'Keys rotate.',
    cites: ['keys'],
    delivers: [],
    endLines: 1,
  },
  'ollama.ndjson': { dialect: 'ollama', answer: 'Keys rotate.', cites: [], delivers: [], endLines: 1 },
  'plain.sse': { dialect: 'plain', answer: 'Keys rotate.', cites: ['keys'], delivers: [TEXT], endLines: 0 },
  'plain-text.sse': { dialect: 'plain', answer: 'Keys rot\nate.', cites: [], delivers: [], endLines: 0 },
  'plain.ndjson': { dialect: 'plain', answer: 'Keys rotate.', cites: ['keys'], delivers: [], endLines: 0 },
  'own.sse': { dialect: 'acme', answer: 'Keys rotate.', cites: ['keys'], delivers: [TEXT], endLines: 3 },
};

const ERROR = {
  events: Buffer.from('data: {"error":{"code":"overloaded"}}\n\n'),
  lines: Buffer.from('{"error":{"code":"overloaded"}}\n'),
  array: Buffer.from(',{"error":{"code":"overloaded"}}'),
  messages: awsException('overloaded'),
};

/** Lines up to the first event's end. */
const blank = (lines: readonly Buffer[]): number =>
  lines.findIndex((line) => line.toString().trim() === '') + 1;

describe('the dialects', () => {
  it('each has a stream here, and a line in the documentation', () => {
    const streamed = Object.keys(EXPECTED).toSorted();
    assert.deepEqual(
      streamed,
      readdirSync(FILES)
        .filter((name) => name !== 'midstream-error.sse')
        .toSorted(),
    );
    const page = readFileSync(new URL('../../../docs/streams.md', import.meta.url), 'utf8');
    for (const { name } of [...DIALECTS, { name: 'plain' }]) {
      assert.ok(
        streamed.some((file) => file.startsWith(name)),
        name,
      );
      assert.ok(page.includes(`| \`${name}\` |`), name);
    }
  });

  for (const [name, expected] of Object.entries(EXPECTED)) {
    const text = readFileSync(new URL(name, FILES));
    const own = name === 'own.sse' ? [OWN] : [];

    it(`${name}: text, sources and end, and nothing else (B5, D7)`, () => {
      const { stream, error, document } = read(name, text, own);
      assert.equal(error, null);
      assert.equal(stream.dialect, expected.dialect);
      assert.equal(document.answer, expected.answer);
      assert.deepEqual(
        (document.citations ?? []).map((one) => one.section_id),
        expected.cites,
      );
      assert.deepEqual(
        (document.retrieved ?? []).map((one) => one.text),
        expected.delivers,
      );
      assert.equal(stream.hasBroken, false);
    });

    it(`${name}: without its end it is ${expected.endLines === 0 ? 'whole' : 'cut off'} (B5)`, () => {
      const lines = piecesOf(name, text);
      const cut = Buffer.concat(lines.slice(0, lines.length - expected.endLines));
      assert.equal(read(name, cut, own).error, expected.endLines === 0 ? null : 'body:truncated_stream');
    });

    it(`${name}: an error after its first event is an error (B6)`, () => {
      const lines = piecesOf(name, text);
      const after = { events: blank(lines), lines: 1, array: 4, messages: 1 }[framingOfFile(name)];
      const broken = Buffer.concat([
        ...lines.slice(0, after),
        ERROR[framingOfFile(name)],
        ...lines.slice(after),
      ]);
      assert.equal(read(name, broken, own).error, 'body:error_event:overloaded');
    });
  }

  it('an error after right citations is an error (B6)', () => {
    const text = readFileSync(new URL('midstream-error.sse', FILES), 'utf8');
    assert.equal(read('midstream-error.sse', text).error, 'body:error_event:rate_limit_exceeded');
  });

  for (const [what, name, text, error] of [
    [
      'Responses',
      'x.sse',
      'data: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n',
      'server_error',
    ],
    [
      'Responses',
      'x.sse',
      'event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"m"}\n\n',
      'rate_limit_exceeded',
    ],
    [
      'chat',
      'x.sse',
      'data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n',
      'error',
    ],
    [
      'Anthropic',
      'x.sse',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"m"}}\n\n',
      'overloaded_error',
    ],
    [
      'Gemini',
      'x.sse',
      'data: {"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}\n\n',
      'unavailable',
    ],
    [
      'Cohere',
      'x.sse',
      'data: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"m"}}\n\n',
      'error',
    ],
    ['Cohere', 'x.ndjson', '{"event_type":"stream-end","finish_reason":"ERROR_TOXIC"}\n', 'error_toxic'],
    [
      'LangServe',
      'x.sse',
      'event: error\ndata: {"status_code":500,"message":"Internal Server Error"}\n\n',
      '500',
    ],
    [
      'Dify',
      'x.sse',
      'data: {"event":"error","status":400,"code":"completion_request_error","message":"m"}\n\n',
      'completion_request_error',
    ],
    [
      'Dify',
      'x.sse',
      'data: {"event":"workflow_finished","data":{"status":"failed","error":"m"}}\n\n',
      'workflow_failed',
    ],
    ['Vercel', 'x.sse', 'data: {"type":"error","errorText":"An error occurred."}\n\n', null],
    ['Vercel', 'x.ndjson', '3:"An error occurred."\n', null],
    ['Ollama', 'x.ndjson', '{"error":"model runner has stopped"}\n', null],
    ['one’s own', 'x.sse', 'data: {"kind":"x","problem":{"a":1},"code":"full"}\n\n', 'full'],
    ['one’s own', 'x.sse', 'event: oops\ndata: no JSON\n\n', 'error'],
  ] as const) {
    it(`an error as ${what} sends it: ${error ?? 'without a word for it'} (B6)`, () => {
      const found = read(name, text, what === 'one’s own' ? [OWN] : []);
      assert.equal(found.error, `body:error_event${error === null ? '' : `:${error}`}`);
      assert.ok(found.stream.isOver);
    });
  }

  for (const [what, text] of [
    ['an answer that grew too long', '{"event_type":"stream-end","finish_reason":"ERROR_LIMIT"}\n'],
    ['a prompt that was blocked', '{"promptFeedback":{"blockReason":"SAFETY"}}\n'],
    [
      'a workflow that succeeded',
      '{"event":"workflow_finished","data":{"status":"succeeded","error":null}}\n',
    ],
  ] as const) {
    it(`${what} is no error`, () => assert.equal(read('x.ndjson', text).error, null));
  }

  for (const [what, event, cites, delivers] of [
    [
      'Responses',
      {
        type: 'response.output_text.annotation.added',
        annotation: { type: 'file_citation', file_id: 'f1', filename: 'keys.md' },
      },
      ['f1'],
      [],
    ],
    [
      'chat',
      {
        choices: [
          {
            delta: {
              annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } }],
            },
          },
        ],
      },
      ['https://a.example'],
      [],
    ],
    [
      'Gemini',
      {
        candidates: [
          {
            content: { parts: [{ text: 'Look it up.', thought: true }] },
            groundingMetadata: {
              groundingChunks: [
                { retrievedContext: { uri: 'gs://b/keys', text: TEXT } },
                { web: { uri: 'https://a.example' } },
              ],
            },
            citationMetadata: { citations: [{ uri: 'https://b.example' }] },
          },
        ],
      },
      ['gs://b/keys', 'https://a.example', 'https://b.example'],
      [TEXT],
    ],
    [
      'Anthropic, of a document',
      {
        type: 'content_block_delta',
        delta: {
          type: 'citations_delta',
          citation: { document_index: 0, document_title: null, cited_text: TEXT },
        },
      },
      ['0'],
      [TEXT],
    ],
    ['Vercel', { type: 'source-url', sourceId: 's1', url: 'https://a.example' }, ['s1'], []],
  ] as const) {
    it(`sources as ${what} sends them, and no text with them (D7)`, () => {
      const { document } = read('x.sse', `data: ${JSON.stringify(event)}\n\n`);
      assert.equal(document.answer, '');
      assert.deepEqual(
        document.citations?.map((one) => one.section_id),
        cites,
      );
      assert.deepEqual(
        (document.retrieved ?? []).map((one) => one.text),
        delivers,
      );
    });
  }

  it('a service that answers like a vendor keeps the sources that it sends in its own way', () => {
    const retrieved = [{ snippet_id: 'x', section_id: 'keys', text: TEXT }];
    const chunk = (rest: object, delta: object = {}) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta }], ...rest })}\n\n`;
    const text = (citations: unknown) =>
      `${chunk({ retrieved })}${chunk({}, { content: 'Keys rotate.' })}${chunk({ citations })}data: [DONE]\n\n`;
    const { document } = read('x.sse', text([{ section_id: 'keys', url: 'https://a.example/keys' }]));
    assert.deepEqual(document.retrieved, retrieved);
    assert.deepEqual(document.citations, [{ section_id: 'keys', url: 'https://a.example/keys' }]);
    const odd = [{ doc: 'keys' }];
    assert.deepEqual(read('x.sse', text(odd)).document.citations, odd);
  });

  it('Dify takes back what it sent', () => {
    const part = (event: string, answer: string) => `data: ${JSON.stringify({ event, answer })}\n\n`;
    const text = `${part('message', 'Bad ')}${part('message_replace', 'Not allowed.')}data: {"event":"message_end","metadata":{"retriever_resources":[{"segment_id":"s1","document_name":"d","content":"c"}]}}\n\n`;
    const { document } = read('x.sse', text);
    assert.equal(document.answer, 'Not allowed.');
    assert.deepEqual(document.retrieved, [{ snippet_id: 's1', section_id: 's1', text: 'c' }]);
  });

  it('LangServe: a chain that answers with a mapping, messages, and the events of a run', () => {
    const data = (value: unknown) => `event: data\ndata: ${JSON.stringify(value)}\n\n`;
    const rag = [
      data({ context: [{ page_content: TEXT, metadata: { source: 'keys.md' } }] }),
      data({ answer: 'Keys ' }),
      data({ answer: 'rotate.' }),
      'event: end\n\n',
    ].join('');
    const { document } = read('x.sse', rag);
    assert.deepEqual([document.answer, document.citations?.[0]?.section_id], ['Keys rotate.', 'keys.md']);
    const messages = [
      data({ content: 'Keys ', type: 'AIMessageChunk' }),
      data({ content: [{ type: 'text', text: 'rotate.' }] }),
    ];
    assert.equal(read('x.sse', `${messages.join('')}event: end\n\n`).document.answer, 'Keys rotate.');
    const run = [
      data({ event: 'on_chat_model_stream', data: { chunk: { content: 'Keys rotate.' } } }),
      data({ event: 'on_chain_stream', data: { chunk: 'Keys rotate.' } }),
    ];
    assert.equal(read('x.sse', `${run.join('')}event: end\n\n`).document.answer, 'Keys rotate.');
  });

  it('kinds of events that a vendor adds later are no text', () => {
    const text = readFileSync(new URL('anthropic.sse', FILES), 'utf8');
    const added = text.replace(
      'event: message_delta',
      'event: new_kind\ndata: {"type":"new_kind","text":"noise"}\n\nevent: message_delta',
    );
    assert.equal(read('x.sse', added).document.answer, 'Keys rotate.');
  });

  it('words that vendors share with others make no dialect', () => {
    const text =
      'data: {"type":"start"}\n\ndata: {"type":"token","content":"Keys"}\n\ndata: {"event":"ping"}\n\n';
    const { error, stream, document } = read('x.sse', text);
    assert.deepEqual([error, stream.dialect, document.answer], [null, 'plain', 'Keys']);
  });
});

describe('binary streams of AWS', () => {
  const titan = [
    { outputText: 'Keys ', completionReason: null },
    { outputText: 'rotate.', completionReason: 'FINISH' },
  ];
  const llama = [
    { generation: 'Keys ', stop_reason: null },
    { generation: 'rotate.', stop_reason: 'stop' },
  ];
  const mistral = [
    { outputs: [{ text: 'Keys ', stop_reason: null }] },
    { outputs: [{ text: 'rotate.', stop_reason: 'stop' }] },
  ];
  const nova = [
    { contentBlockDelta: { delta: { text: 'Keys ' }, contentBlockIndex: 0 } },
    { contentBlockDelta: { delta: { text: 'rotate.' }, contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
  ];
  for (const [model, events] of Object.entries({ titan, llama, mistral, nova })) {
    it(`what ${model} sends has its text and its end`, () => {
      const whole = read('x.eventstream', Buffer.concat(events.map(awsChunk)));
      assert.deepEqual(
        [whole.error, whole.document.answer, whole.stream.dialect],
        [null, 'Keys rotate.', 'bedrock'],
      );
      const cut = read('x.eventstream', Buffer.concat(events.slice(0, -1).map(awsChunk)));
      assert.equal(cut.error, 'body:truncated_stream');
    });
  }

  it('an agent’s bytes are text, and end with the transfer', () => {
    const bytes = Buffer.from('Schlüssel').toString('base64');
    const found = read('x.eventstream', awsEvent('chunk', { bytes }));
    assert.deepEqual([found.error, found.document.answer], [null, 'Schlüssel']);
  });

  it('an exception and a malformed answer are errors by their names', () => {
    const of = (...messages: Buffer[]): string | null => read('x.eventstream', Buffer.concat(messages)).error;
    const delta = awsEvent('contentBlockDelta', { delta: { text: 'a' } });
    assert.equal(of(delta, awsException('throttlingException')), 'body:error_event:throttlingexception');
    assert.equal(
      of(delta, awsEvent('messageStop', { stopReason: 'malformed_model_output' })),
      'body:error_event:malformed_model_output',
    );
    assert.equal(of(delta, awsEvent('messageStop', { stopReason: 'max_tokens' })), null);
  });

  it('a message of any header types is read, cut anywhere; a wrong checksum or length is an end before its time', () => {
    const headers = {
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      a: { type: 'byte', value: 1 },
      b: { type: 'short', value: 2 },
      c: { type: 'integer', value: 3 },
      d: { type: 'binary', value: new Uint8Array(300) },
      e: { type: 'timestamp', value: new Date(0) },
      f: { type: 'uuid', value: '00000000-0000-0000-0000-000000000000' },
      ':event-type': { type: 'string', value: 'messageStop' },
      ':message-type': { type: 'string', value: 'event' },
    } as const;
    const last = Buffer.from(codec.encode({ headers, body: Buffer.from('{"stopReason":"end_turn"}') }));
    const text = Buffer.concat([awsEvent('contentBlockDelta', { delta: { text: 'ü' } }), last]);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const stream = new StreamReader({ framing: 'messages', keeps: true });
      stream.push(text.subarray(0, cut));
      stream.push(text.subarray(cut));
      assert.equal(stream.finish(), null, `cut at ${cut}`);
      assert.equal((stream.document() as { answer: string }).answer, 'ü');
      assert.equal(
        read('x.eventstream', text.subarray(0, cut)).error,
        cut === text.length ? null : 'body:truncated_stream',
      );
      if (cut === text.length) continue;
      const wrong = Buffer.from(text);
      wrong[cut] = (wrong[cut] ?? 0) ^ 1;
      assert.equal(read('x.eventstream', wrong).error, 'body:truncated_stream', `byte ${cut}`);
    }
  });

  it('a message longer than is looked into passes as text where nothing is kept', () => {
    const stream = new StreamReader({ framing: 'messages' });
    stream.push(awsEvent('contentBlockDelta', { delta: { text: 'x'.repeat(2 ** 21) } }));
    assert.ok(stream.hasText);
    stream.push(awsEvent('messageStop', { stopReason: 'end_turn' }));
    assert.deepEqual([stream.finish(), stream.dialect], [null, 'bedrock']);
  });

  it('an agent’s answer in one message longer than is looked into is whole', () => {
    const stream = new StreamReader({ framing: 'messages' });
    stream.push(awsEvent('chunk', { bytes: Buffer.alloc(2 ** 20).toString('base64') }));
    assert.deepEqual([stream.finish(), stream.hasText], [null, true]);
  });
});

describe('a JSON array', () => {
  for (const [what, text, isKnown] of [
    ['of events', '  [ {"candidates":[]} ', true],
    ['that begins with an error', '[{"error":{"code":503}}]', true],
    ['of anything else', '[{"section_id":"a"},{"candidates":[]}]', false],
    ['of texts', '["candidates", {"candidates":[]}]', true],
    ['that is empty', '[]', null],
    ['that is none', '{"a":{"candidates":[]}}', null],
  ] as const) {
    it(`${what} is ${isKnown === true ? 'a stream' : 'no stream'}`, () => {
      const { stream } = read('x.json', text);
      assert.equal(stream.isKnown, isKnown);
    });
  }
});
