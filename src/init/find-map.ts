/**
 * Finds the parts of an answer under the names that services give them. Pure.
 * Invariant: only what is there is named, and what is not found is said.
 */
import { IDENTITY_FIELDS } from '../domain/identity.ts';
import { O } from '../edge/headers.ts';
import { isRecord } from '../domain/is-record.ts';
import { resolveResponse } from '../plan/presets.ts';
import { compileResponseMap } from '../probes/response-map.ts';
import type { Preset } from './answers.ts';

/** As `probes.response` of a plan: only what differs from the preset. */
interface Response {
  answer?: string;
  citations?: string;
  retrieved?: string;
  snippet?: Partial<Record<'id' | 'section' | 'text', string>>;
}

export interface FoundMap {
  readonly response: Readonly<Response>;
  /** One line each. */
  readonly missing: readonly string[];
}

const ANSWERS = ['answer', 'output', 'response', 'result', 'text', 'content', 'completion', 'message'];
const LISTS =
  'retrieved retrieved_documents source_documents sources documents docs contexts context chunks passages snippets hits matches results nodes source_nodes'.split(
    ' ',
  );
/** Where one of a list says it, best first. */
const SNIPPET = {
  id: ['/snippet_id', '/chunk_id', '/id', '/_id', '/node_id', '/metadata/id'],
  section:
    '/section_id /metadata/section_id /doc_id /document_id /metadata/source /source /url /id /_id /title'.split(
      ' ',
    ),
  text: ['/text', '/content', '/page_content', '/snippet', '/passage', '/body', '/document', '/chunk'],
} as const;

export function mapOf(document: unknown, headers: Headers, preset: Preset): FoundMap {
  const usual = compileResponseMap(resolveResponse({}, { preset }))(document, headers);
  const top = isRecord(document) ? document : {};
  const response: Response = {};
  const missing: string[] = [];

  if (usual.answer === null || usual.answer === '') {
    const key = ANSWERS.find((one) => typeof top[one] === 'string' && top[one] !== '');
    if (key === undefined) missing.push('the text of an answer: set probes.response.answer');
    else response.answer = `$.${key}`;
  }

  const list = usual.retrieved.length > 0 ? 'retrieved' : LISTS.find((one) => isFilled(top[one]));
  const items = list === undefined ? [] : top[list];
  const first: unknown = Array.isArray(items) ? items[0] : undefined;
  if (list === undefined || first === undefined) {
    if (usual.retrieved.length === 0)
      missing.push('the delivered text, which coverage and ΔS judge: set probes.response.retrieved');
  } else {
    if (list !== 'retrieved') response.retrieved = `$.${list}[*]`;
    if (isRecord(first)) {
      const at = (field: keyof typeof SNIPPET): string | undefined =>
        SNIPPET[field].find((pointer) => isWord(valueAt(first, pointer)));
      const snippet = Object.fromEntries(
        (['id', 'section', 'text'] as const).flatMap((field) => {
          const found = at(field);
          return found === undefined || found === SNIPPET[field][0] ? [] : [[field, found] as const];
        }),
      );
      if (Object.keys(snippet).length > 0) response.snippet = snippet;
      if (at('text') === undefined) missing.push('the text of a snippet: set probes.response.snippet.text');
      if (at('section') === undefined)
        missing.push('the section of a snippet: set probes.response.snippet.section');
    }
  }
  if (usual.citations === null) {
    // What was delivered stands in for what is cited: λ then compares that.
    if (list !== undefined && first !== undefined) response.citations = `$.${list}[*]`;
    else missing.push('the sections that an answer cites, which λ compares: set probes.response.citations');
  }
  if (IDENTITY_FIELDS.some((field) => usual.identity[field] === undefined) && !headers.has(O.indexHash))
    missing.push('from which index an answer comes: the stub of the color says it in headers');
  return { response, missing };
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isWord(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function valueAt(item: unknown, pointer: string): unknown {
  let at = item;
  for (const key of pointer.slice(1).split('/')) at = isRecord(at) ? at[key] : undefined;
  return at;
}
