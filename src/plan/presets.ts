/**
 * Ready probe requests and response maps: what a user who says nothing about HTTP gets.
 *
 * Invariant: the `answer` preset is the contract of docs/probes.md; changing it changes the digest of every plan.
 */
import type { ProbeRequest, ProbeResponseMap } from '../domain/plan.ts';
import type { RequestFile, ResponseFile } from './schema-probes.ts';

type PresetName = NonNullable<RequestFile['preset']>;

const REQUESTS: Readonly<Record<PresetName, ProbeRequest>> = {
  answer: {
    method: 'POST',
    path: '/v1/answer',
    via: 'edge',
    headers: {},
    body: { question: '{{question}}', seed: '{{seed}}' },
    stream: false,
  },
  'openai-chat': {
    method: 'POST',
    path: '/v1/chat/completions',
    via: 'edge',
    headers: {},
    body: {
      messages: [{ role: 'user', content: '{{question}}' }],
      temperature: 0,
      seed: '{{seed}}',
      stream: false,
    },
    stream: false,
  },
};

const ANSWER_AT: Readonly<Record<PresetName, string>> = {
  answer: '$.answer',
  'openai-chat': '$.choices[0].message.content',
};

const RESPONSE: Omit<ProbeResponseMap, 'answer'> = {
  citations: '$.citations[*].section_id',
  retrieved: '$.retrieved[*]',
  snippet: {
    id: '/snippet_id',
    section: '/section_id',
    text: '/text',
    start: '/offsets/start',
    end: '/offsets/end',
  },
  identity: {
    INDEX_HASH: '$.index.INDEX_HASH',
    metric: '$.index.metric',
    analyzer: '$.index.analyzer',
    embedModel: '$.index.embed_model',
    reranker: '$.index.reranker',
  },
  cold: '$.cold_start',
  refusal: 'not in context',
  schema: { type: 'object' },
};

/** The request of a preset with the user's changes; a body replaces the preset's body whole. */
export function resolveRequest(file: RequestFile): ProbeRequest {
  const preset = REQUESTS[file.preset ?? 'answer'];
  return {
    method: file.method ?? preset.method,
    path: file.path ?? preset.path,
    via: file.via ?? preset.via,
    headers: file.headers ?? preset.headers,
    body: file.body ?? (file.method === 'GET' ? null : preset.body),
    stream: file.stream ?? preset.stream,
  };
}

/** The response map that belongs to a preset, with the user's changes field by field. */
export function resolveResponse(file: ResponseFile, preset: PresetName = 'answer'): ProbeResponseMap {
  return {
    answer: file.answer ?? ANSWER_AT[preset],
    citations: file.citations ?? RESPONSE.citations,
    retrieved: file.retrieved ?? RESPONSE.retrieved,
    snippet: { ...RESPONSE.snippet, ...withoutUndefined(file.snippet ?? {}) },
    identity: { ...RESPONSE.identity, ...withoutUndefined(file.identity ?? {}) },
    cold: file.cold ?? RESPONSE.cold,
    refusal: file.refusal ?? RESPONSE.refusal,
    schema: file.schema ?? RESPONSE.schema,
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
