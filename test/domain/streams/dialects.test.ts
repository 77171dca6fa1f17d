/** Each dialect by a stream of its own: text, sources, end and error, and what is none of the answer. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Dialect } from '../../../src/domain/streams/dialect.ts';
import { ownDialect } from '../../../src/domain/streams/own.ts';
import { StreamReader } from '../../../src/domain/streams/reader.ts';
import { DIALECTS } from '../../../src/domain/streams/table.ts';

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

function read(name: string, text: string, own: readonly Dialect[] = []) {
  const stream = new StreamReader({ framing: name.endsWith('.sse') ? 'events' : 'lines', own, keeps: true });
  stream.push(text);
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
  /** Last lines without which the stream is cut off; 0: none is needed. */
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
    const text = readFileSync(new URL(name, FILES), 'utf8');
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
      const lines = text.split(/(?<=\n)/);
      const cut = lines.slice(0, lines.length - expected.endLines).join('');
      assert.equal(read(name, cut, own).error, expected.endLines === 0 ? null : 'body:truncated_stream');
    });

    it(`${name}: an error after its first event is an error (B6)`, () => {
      const isEvents = name.endsWith('.sse');
      const lines = text.split(/(?<=\n)/);
      const after = isEvents ? lines.findIndex((line) => line.trim() === '') + 1 : 1;
      const event = isEvents
        ? 'data: {"error":{"code":"overloaded"}}\n\n'
        : '{"error":{"code":"overloaded"}}\n';
      const broken = [...lines.slice(0, after), event, ...lines.slice(after)].join('');
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
