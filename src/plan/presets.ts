/**
 * Ready probe requests and response maps: what a user who says nothing about HTTP gets.
 *
 * Invariant: a preset stands in the plan with all its values; changing one changes the digest of every plan that uses it.
 */
import type { DialogsPlan, ProbeRequest, ProbeResponseMap, ProbeRetrieval } from '../domain/plan.ts';
import { isRecord } from '../domain/is-record.ts';
import { CONTRACT_MAP } from '../domain/probes/contract-map.ts';
import type { DialogsFile, RequestFile, ResponseFile, RetrievalFile, TurnFile } from './schema-probes.ts';

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
  answer: CONTRACT_MAP.answer,
  'openai-chat': '$.choices[0].message.content',
};

/** The request of a preset with the user's changes; a body replaces the preset's body whole. */
export function resolveRequest(file: RequestFile): ProbeRequest {
  const preset = REQUESTS[file.preset ?? 'answer'];
  const stream = file.stream ?? preset.stream;
  return {
    method: file.method ?? preset.method,
    path: file.path ?? preset.path,
    via: file.via ?? preset.via,
    headers: file.headers ?? preset.headers,
    body: file.body ?? (file.method === 'GET' ? null : saying(preset.body, stream)),
    stream,
  };
}

/** A body that says whether it wants a stream says what the plan says. */
function saying(body: unknown, stream: boolean): unknown {
  return isRecord(body) && 'stream' in body ? { ...body, stream } : body;
}

/** What it leaves out is as the request for an answer has it. */
export function resolveRetrieval(
  { path, method, headers, body, retrieved, answers }: RetrievalFile,
  request: ProbeRequest,
  response: ProbeResponseMap,
): ProbeRetrieval {
  const how = method ?? request.method;
  return {
    request: {
      method: how,
      path,
      via: request.via,
      headers: headers ?? request.headers,
      body: body ?? (how === 'GET' ? null : request.body),
      stream: false,
    },
    retrieved: retrieved ?? response.retrieved,
    answers,
  };
}

/** What a turn leaves out is as the request for an answer has it, and what the second one leaves out as the first one has it. */
export function resolveDialogs(
  { first, second = {}, id, remembered, count }: DialogsFile,
  request: ProbeRequest,
  response: ProbeResponseMap,
): DialogsPlan {
  const turn = ({ method, path, headers, body }: TurnFile, like: ProbeRequest): ProbeRequest => {
    const how = method ?? like.method;
    return {
      ...like,
      method: how,
      path: path ?? like.path,
      headers: headers ?? like.headers,
      body: body ?? (how === 'GET' ? null : like.body),
    };
  };
  const begun = turn(first, request);
  return {
    first: begun,
    second: turn(second, begun),
    id: id ?? null,
    remembered: { at: remembered.at ?? response.answer, says: remembered.says },
    count,
  };
}

/** The response map that belongs to a preset, with the user's changes field by field. */
export function resolveResponse(
  file: ResponseFile,
  { preset = 'answer', stream = false }: Partial<Pick<RequestFile, 'preset' | 'stream'>> = {},
): ProbeResponseMap {
  return {
    // Of a stream the reader puts the text where the contract has it, whatever its dialect.
    answer: file.answer ?? (stream ? CONTRACT_MAP.answer : ANSWER_AT[preset]),
    citations: file.citations ?? CONTRACT_MAP.citations,
    retrieved: file.retrieved ?? CONTRACT_MAP.retrieved,
    snippet: { ...CONTRACT_MAP.snippet, ...withoutUndefined(file.snippet ?? {}) },
    identity: { ...CONTRACT_MAP.identity, ...withoutUndefined(file.identity ?? {}) },
    cold: file.cold ?? CONTRACT_MAP.cold,
    refusal: file.refusal ?? CONTRACT_MAP.refusal,
    schema: file.schema ?? CONTRACT_MAP.schema,
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
