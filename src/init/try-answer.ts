/**
 * Asks one question of a color and finds out where its answer keeps things, before a plan says so.
 * Invariant: nothing is written into a plan that one real answer has not shown.
 */
import { isRecord } from '../domain/is-record.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import { IDENTITY_FIELDS } from '../domain/identity.ts';
import type { ProbeRequest } from '../domain/plan.ts';
import { ProviderError } from '../domain/errors.ts';
import { O } from '../edge/headers.ts';
import { ANSWER_PRESETS, type AnswerChoice } from '../plan/answer-file.ts';
import { resolveRequest, resolveResponse } from '../plan/presets.ts';
import { compileResponseMap, type MappedAnswer } from '../probes/response-map.ts';
import { compileTemplate } from '../probes/template.ts';
import { call, joinUrl, showUrl, type Answer } from '../providers/fetch.ts';
import { mapOf, type FoundMap } from './find-map.ts';

/** Longest wait for one answer: a cold start and a long generation. */
const ANSWER_MS = 60_000;
/** Names that services give the question. */
const QUESTION_KEYS = ['question', 'query', 'q', 'prompt', 'input', 'text'];
/** A service that does not know the body says so with one of these. */
const WRONG_BODY = [400, 422];

/** How questions are asked, and where answers keep things, as a plan writes it: only what differs from the preset. */
export interface Tried {
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: FoundMap['response'];
  /** Asks a further question the same way. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<MappedAnswer>;
  readonly answer: MappedAnswer;
  /** What the plan cannot know from this answer, one line each. */
  readonly missing: readonly string[];
}

/** In which header the stub of a color says each field. */
const IDENTITY_HEADERS: Readonly<Record<keyof AnswerIdentity, string>> = {
  INDEX_HASH: `header:${O.indexHash}`,
  metric: `header:${O.indexMetric}`,
  analyzer: `header:${O.indexAnalyzer}`,
  embedModel: `header:${O.indexEmbedModel}`,
  reranker: `header:${O.indexReranker}`,
};

/** @returns what was found, or in one line why not. Throws only when it is stopped. */
export async function tryAnswer(
  url: string,
  choice: AnswerChoice | null,
  question: string,
  signal: AbortSignal,
): Promise<Tried | { readonly why: string }> {
  const choices = choice === null ? ANSWER_PRESETS.map((preset) => ({ preset, path: null })) : [choice];
  const problems: string[] = [];
  for (const { preset, path } of choices) {
    const named = path === null ? {} : { path };
    const own = resolveRequest({ preset, ...named });
    const refused = (status: number): string => `${showUrl(joinUrl(url, own.path))} answered ${status}`;
    for (const change of [{}, ...(preset === 'answer' ? otherRequests(own.path) : [])]) {
      const request = { ...own, ...change };
      const sent = await send(url, request, question, signal);
      if (typeof sent === 'string') {
        problems.push(sent);
        break;
      }
      if (WRONG_BODY.includes(sent.status)) {
        problems.push(refused(sent.status));
        continue;
      }
      const document = jsonOf(sent.text);
      if (document === undefined) {
        problems.push(`${showUrl(joinUrl(url, own.path))} did not answer with JSON`);
        break;
      }
      const { response, missing } = mapOf(document, sent.headers, preset);
      const map = compileResponseMap(resolveResponse(response, { preset }));
      return {
        request: {
          ...(preset === 'answer' ? {} : { preset }),
          ...named,
          ...change,
        },
        response,
        missing,
        answer: map(document, sent.headers),
        ask: async (next, stop) => {
          const answered = await send(url, request, next, stop);
          if (typeof answered === 'string') throw new ProviderError('fatal', 'init', answered);
          if (WRONG_BODY.includes(answered.status))
            throw new ProviderError('fatal', 'init', refused(answered.status));
          return map(jsonOf(answered.text), answered.headers);
        },
      };
    }
  }
  return { why: problems.at(-1) ?? 'it was not asked' };
}

/** What the identity of a plan's response map has to be where only the stub's headers can say it. */
export function byHeaders(identity: MappedAnswer['identity']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    IDENTITY_FIELDS.filter((field) => identity[field] === undefined).map((field) => [
      field,
      IDENTITY_HEADERS[field],
    ]),
  );
}

/** The question under other names. A strict service takes no seed in its body: then it stands in the address. */
function otherRequests(path: string): readonly Partial<Pick<ProbeRequest, 'path' | 'body'>>[] {
  const withSeed = `${path}${path.includes('?') ? '&' : '?'}seed={{seed}}`;
  return QUESTION_KEYS.flatMap((key) => [
    ...(key === 'question' ? [] : [{ body: { [key]: '{{question}}', seed: '{{seed}}' } }]),
    { path: withSeed, body: { [key]: '{{question}}' } },
  ]);
}

async function send(
  url: string,
  request: ProbeRequest,
  question: string,
  signal: AbortSignal,
): Promise<Answer | string> {
  const { path, headers, body } = compileTemplate(request)({ question, seed: 0, probeId: 'init' });
  try {
    return await call({
      provider: 'init',
      url: joinUrl(url, path),
      method: request.method === 'GET' ? 'GET' : 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      ...(body === null ? {} : { body }),
      signal,
      timeoutMs: ANSWER_MS,
      accept: WRONG_BODY,
    });
  } catch (error) {
    if (error instanceof ProviderError) return error.message;
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    return isRecord(document) || Array.isArray(document) ? document : undefined;
  } catch {
    return undefined;
  }
}
