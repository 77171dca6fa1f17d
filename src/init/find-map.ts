/**
 * Finds the parts of an answer under the names that services give them. Pure.
 * Invariant: only what is there is named, and what is not found is said.
 */
import { IDENTITY_FIELDS } from '../domain/identity.ts';
import { O } from '../edge/headers.ts';
import { isRecord } from '../domain/is-record.ts';
import type { AnswerPreset } from '../plan/answer-file.ts';
import { resolveResponse } from '../plan/presets.ts';
import { compileResponseMap } from '../probes/response-map.ts';

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
const CITATIONS = ['citations', 'cited', 'references', 'sources'];
/** Where one of a list says it, best first. */
const SNIPPET = {
  id: ['/snippet_id', '/chunk_id', '/id', '/_id', '/node_id', '/metadata/id'],
  section:
    '/section_id /metadata/section_id /doc_id /document_id /metadata/source /source /url /id /_id /title'.split(
      ' ',
    ),
  text: ['/text', '/content', '/page_content', '/snippet', '/passage', '/body', '/document', '/chunk'],
} as const;

export function mapOf(document: unknown, headers: Headers, preset: AnswerPreset): FoundMap {
  const usual = compileResponseMap(resolveResponse({}, { preset }))(document, headers);
  const top = isRecord(document) ? document : {};
  const response: Response = {};
  const missing: string[] = [];

  if (usual.answer === null || usual.answer === '') {
    const key = ANSWERS.find((one) => typeof top[one] === 'string' && top[one] !== '');
    if (key === undefined) missing.push('the text of an answer: set probes.response.answer');
    else response.answer = `$.${key}`;
  }

  const list = usual.retrieved.length > 0 ? 'retrieved' : listOf(top);
  const items = list === undefined ? [] : top[list];
  const [snippets, first] = Array.isArray(items)
    ? [items as unknown[], items[0] as unknown]
    : [[], undefined];
  const cited = citedBy(top, usual.citations, list, snippets);
  if (list === undefined || first === undefined) {
    if (usual.retrieved.length === 0)
      missing.push('the delivered text, which coverage and ΔS judge: set probes.response.retrieved');
  } else {
    if (list !== 'retrieved') response.retrieved = `$.${list}[*]`;
    if (isRecord(first)) {
      const at = (field: keyof typeof SNIPPET): string | undefined =>
        SNIPPET[field].find((pointer) => isWord(valueAt(first, pointer)));
      const found = { id: at('id'), section: cited?.section ?? at('section'), text: at('text') };
      const snippet = Object.fromEntries(
        Object.entries(found).filter(
          ([field, pointer]) =>
            pointer !== undefined && pointer !== SNIPPET[field as keyof typeof SNIPPET][0],
        ),
      );
      if (Object.keys(snippet).length > 0) response.snippet = snippet;
      if (found.text === undefined) missing.push('the text of a snippet: set probes.response.snippet.text');
      if (found.section === undefined)
        missing.push('the section of a snippet: set probes.response.snippet.section');
    }
  }
  if (cited !== null) {
    if (cited.path !== null) response.citations = cited.path;
  } else if (usual.citations === null && list !== undefined && first !== undefined) {
    // What was delivered stands in for what is cited: λ then compares that.
    response.citations = `$.${list}[*]`;
  } else if (isEmpty(top['citations'])) {
    missing.push(
      'what a citation looks like, as this answer cited nothing: see that probes.response.citations fits',
    );
  } else {
    missing.push('the sections that an answer cites, which λ compares: set probes.response.citations');
  }
  if (IDENTITY_FIELDS.some((field) => usual.identity[field] === undefined) && !headers.has(O.indexHash))
    missing.push('from which index an answer comes: the stub of the color says it in headers');
  return { response, missing };
}

/** The list of what was delivered: one of texts alone is taken last, as it may be a list of names. */
function listOf(top: Readonly<Record<string, unknown>>): string | undefined {
  const filled = LISTS.filter((one) => isFilled(top[one]));
  const withParts = filled.find((one) => isRecord((top[one] as unknown[])[0]));
  return withParts ?? filled[0];
}

interface Cited {
  /** Of `probes.response.citations`; null where the preset's own reads it. */
  readonly path: string | null;
  /** Where a snippet says the name that is cited; undefined where none does. */
  readonly section: string | undefined;
}

/** Null where no list of an answer says what it cites in words that can be read. */
function citedBy(
  top: Readonly<Record<string, unknown>>,
  usual: readonly string[] | null,
  list: string | undefined,
  snippets: readonly unknown[],
): Cited | null {
  const sectionOf = (words: readonly unknown[]): string | undefined =>
    SNIPPET.section.find((pointer) => snippets.some((one) => words.includes(valueAt(one, pointer))));
  if (usual !== null && usual.length > 0) return { path: null, section: sectionOf(usual) };
  const key = CITATIONS.find((one) => one !== list && isFilled(top[one]));
  if (key === undefined) return null;
  const items = top[key] as readonly unknown[];
  const ways = ['', ...SNIPPET.section].flatMap((pointer) => {
    const words = items.map((item) => valueAt(item, pointer)).filter(isWord);
    return words.length === 0 ? [] : [{ pointer, section: sectionOf(words) }];
  });
  const way = ways.find(({ section }) => section !== undefined) ?? ways[0];
  return way === undefined
    ? null
    : { path: `$.${key}[*]${way.pointer.replaceAll('/', '.')}`, section: way.section };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isWord(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function valueAt(item: unknown, pointer: string): unknown {
  let at = item;
  if (pointer === '') return at;
  for (const key of pointer.slice(1).split('/')) at = isRecord(at) ? at[key] : undefined;
  return at;
}
