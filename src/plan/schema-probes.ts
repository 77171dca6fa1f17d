/**
 * The `probes` block of `cutover.yaml`: which questions are asked, how a request is made and where things are in an answer.
 *
 * Invariant: like the rest of the schema, shape only; what presets mean is `presets.ts`.
 */
import { z } from 'zod';
import { name, optional, required, text } from '../ports/option.ts';
import { absent, block, duration, field } from './fields.ts';
import { provider } from './providers.ts';

const headers = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a header name'),
  z.string().max(2000),
);

const request = z.strictObject({
  preset: field(
    z.enum(['answer', 'openai-chat']),
    'answer',
    'the plain contract: question in, answer with citations out',
    'A ready request; the other keys change it.',
  ),
  method: optional(z.enum(['POST', 'GET']), 'HTTP method.'),
  path: optional(
    z.string().max(2000).regex(/^\//, 'must begin with /'),
    'Path on the entry URL.',
    '/v1/answer',
  ),
  via: optional(
    z.enum(['edge', 'direct']),
    '`edge`: through the router with a signed pin. `direct`: to the color’s own URL.',
  ),
  headers: optional(headers, 'Request headers. A secret is written `${env:NAME}` and read by the worker.', {
    authorization: 'Bearer ${env:DOCS_RAG_KEY}',
  }),
  body: optional(z.unknown(), 'JSON body; strings may hold `{{question}}`, `{{seed}}` and `{{probeId}}`.', {
    question: '{{question}}',
    seed: '{{seed}}',
  }),
  stream: optional(z.boolean(), 'The answer is a stream of server-sent events.'),
});

const retrieval = z.strictObject({
  path: required(
    z.string().max(2000).regex(/^\//, 'must begin with /'),
    'Path of the request, on the same URL as `request`.',
    '/v1/retrieve',
  ),
  method: optional(z.enum(['POST', 'GET']), 'HTTP method; left out, that of `request`.'),
  headers: optional(headers, 'Request headers; left out, those of `request`.'),
  body: optional(z.unknown(), 'JSON body; left out, that of `request`.', { question: '{{question}}' }),
  retrieved: optional(
    text,
    'JSONPath of the delivered snippets, in order; left out, that of `response`.',
    '$.hits[*]',
  ),
  answers: field(
    z.int().min(1).max(100_000),
    60,
    'λ proves a build from 50 questions on, and sees a fifth of them lost from 60 on',
    'Answerable questions that are asked for whole answers all the same, those with assertions first, from each topic in turn: λ, schema, refusals and the timing of probes judge these.',
  ),
});

const turn = z.strictObject({
  path: optional(
    z.string().max(2000).regex(/^\//, 'must begin with /'),
    'Path; left out, that of `request`.',
  ),
  method: optional(z.enum(['POST', 'GET']), 'HTTP method; left out, that of `request`.'),
  headers: optional(headers, 'Request headers; left out, those of `request`.'),
  body: optional(
    z.unknown(),
    'JSON body; strings may hold `{{dialog}}`, `{{word}}` and what `request` may hold. Left out: that of `request`.',
    { question: 'My ticket is {{word}}.', dialog: '{{dialog}}' },
  ),
});

const dialogs = z.strictObject({
  first: absent(turn, {}, 'The first turn of a conversation.'),
  second: optional(turn, 'The second one; what it leaves out is as in `first`.'),
  id: optional(
    text,
    'JSONPath of the name that the service gives a dialog, in its first answer: `{{dialog}}` of the second turn. Left out: `{{dialog}}` is a name of cutover’s own.',
    '$.conversation_id',
  ),
  remembered: required(
    z.strictObject({
      at: optional(text, 'JSONPath into the second answer; left out, that of its text.', '$.dialog.turn'),
      says: required(
        text,
        'A text that must be there, which may hold `{{word}}` and `{{dialog}}`, or `/regex/`.',
        '{{word}}',
      ),
    }),
    'How the second answer shows that the first turn is known.',
  ),
  count: field(
    z.int().min(1).max(100),
    5,
    'a lost store shows in each of them, a model that forgets once does not fail a build; with fewer no loss is beyond chance, and a person is asked',
    'Dialogs of each kind that a hold asks.',
  ),
});

const response = z.strictObject({
  answer: optional(text, 'JSONPath of the answer text.', '$.answer'),
  citations: optional(text, 'JSONPath of the cited section ids.', '$.citations[*].section_id'),
  retrieved: optional(text, 'JSONPath of the delivered snippets, in order.', '$.retrieved[*]'),
  snippet: optional(
    z.strictObject({
      id: optional(text, 'JSON Pointer of the snippet id.', '/snippet_id'),
      section: optional(text, 'JSON Pointer of the section id.', '/section_id'),
      text: optional(text, 'JSON Pointer of the text.', '/text'),
      start: optional(text, 'JSON Pointer of the first character.', '/offsets/start'),
      end: optional(text, 'JSON Pointer of the character after the last.', '/offsets/end'),
    }),
    'Where things are in one snippet.',
  ),
  identity: optional(
    z.strictObject({
      INDEX_HASH: optional(text, 'JSONPath of the index hash.', '$.index.INDEX_HASH'),
      metric: optional(text, 'JSONPath of the metric.', '$.index.metric'),
      analyzer: optional(text, 'JSONPath of the analyzer.', '$.index.analyzer'),
      embedModel: optional(text, 'JSONPath of the embedding model.', '$.index.embed_model'),
      reranker: optional(text, 'JSONPath of the reranker.', '$.index.reranker'),
    }),
    'Where an answer says which index it came from.',
  ),
  cold: optional(text, 'JSONPath of the cold-start flag.', '$.cold_start'),
  refusal: optional(
    z.union([text, z.array(text).min(1).max(50)]),
    'What marks a refusal: an exact text, `/regex/`, or `language:de` for the usual words of that language (en, de, fr, es, it, pt, nl, pl, ru, tr, ar, ja, ko, zh); or a list of these.',
    ['language:en', '/^out of scope/i'],
  ),
  schema: optional(
    z.record(z.string(), z.unknown()),
    'JSON Schema (draft 2020-12, no remote refs) each answer must satisfy.',
  ),
});

/** A mark of an event, or a JSON Pointer into it. */
const word = z.string().min(1).max(200);
const words = z.array(word).min(1).max(20);
const pointers = z.array(word.regex(/^\//, 'must be a JSON Pointer, e.g. /delta/text')).min(1).max(20);

const dialect = z.strictObject({
  name: required(name, 'Its name, in messages.', 'acme'),
  when: required(
    words,
    'Marks of its events: `event:<name>` by name, `/a/b` where there is something at this JSON Pointer, `/a/b=word` where this word is; anything else is the whole data.',
    ['/chunk', 'event:sources'],
  ),
  text: optional(pointers, 'Where the text is; the first that is there counts.', ['/chunk/text']),
  citations: optional(pointers, 'Where a source or a list of them is.', ['/sources']),
  citationId: optional(words, 'Fields that may name a source. Left out: `section_id`, `id`.', ['doc']),
  citationText: optional(words, 'Fields that may hold its text. Left out: `text`.', ['excerpt']),
  end: optional(words, 'Marks of the last event. With one, a stream that ends without it was cut off.', [
    'event:bye',
  ]),
  error: optional(words, 'Marks of events that are errors, beside those that every dialect has.', [
    '/problem',
  ]),
});

const details = block(
  {
    set: field(
      text,
      './probes',
      'next to the plan, under version control',
      'Folder of the probe set, relative to the plan.',
    ),
    request: z.prefault(request, {}).meta({ description: 'How a question is asked.' }),
    response: absent(response, {}, 'Where to find things in an answer.'),
    retrieval: optional(
      retrieval,
      'A request that retrieves and generates nothing: most questions are then asked by it, for ΔS and coverage only.',
    ),
    dialogs: optional(
      dialogs,
      'Conversations of two turns, begun on `from` and continued on `to`: gate `dialogs` says whether they survive the flip. They are written where the service keeps its dialogs.',
    ),
    embedder: field(
      provider('embedder'),
      'use-lite',
      'offline, deterministic, independent of either color’s retriever',
      'The judge’s embedder; never the one the service retrieves with.',
    ),
    scale: field(
      z.enum(['calibrated', 'raw']),
      'calibrated',
      'raw distances depend on the embedder and would blind the 0.45/0.60 limits',
      'ΔS mapped onto the 0.45/0.60 scale, or literal distances.',
    ),
    concurrency: field(
      z.int().min(1).max(256),
      4,
      'keeps probes well below the load that would move the latency gate',
      'Requests in flight at once, per color.',
    ),
    rate: optional(
      z.number().positive().max(10_000),
      'Most requests per second, per color. Left out: as many as `concurrency` gives. A 429 is waited for and sent again either way.',
      5,
    ),
    dialects: optional(
      z.array(dialect).max(20),
      'How answers are streamed that no known dialect fits (docs/streams.md); the router’s `STREAM_DIALECTS` takes the same list as JSON.',
    ),
    timeout: field(
      duration,
      '30s',
      'longer than any answer a user waits for',
      'Longest wait for one answer.',
    ),
    answerTime: optional(
      duration,
      'How long one answer takes as a rule. Only said before a switch, where telemetry cannot tell: how long the probes take.',
      '5s',
    ),
    costPerAnswer: optional(
      z.number().min(0).max(1000),
      'Price of one answer, in whatever currency you count. Only said before a switch: what its probes cost.',
      0.004,
    ),
  },
  'How it is asked.',
);

export const probesFile = z
  .union([text, details])
  .optional()
  .transform((given) => (typeof given === 'object' ? given : details.parse({ set: given })));

export type ProbesFile = z.output<typeof details>;
export type RequestFile = z.infer<typeof request>;
export type RetrievalFile = z.infer<typeof retrieval>;
export type DialogsFile = z.output<typeof dialogs>;
export type TurnFile = z.infer<typeof turn>;
export type ResponseFile = z.infer<typeof response>;
