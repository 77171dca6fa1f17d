/**
 * From a service's own answer to the contract's fields: JSONPath (RFC 9535) finds lists and values,
 * JSON Pointers find fields within one item, `header:<name>` reads a response header.
 *
 * Invariant: compiled once, throws on no answer but one too long for a pattern: what is not there is absent, and whether that
 * is a fault is for the schema and the gates to say.
 */
import type { AnswerIdentity } from '../domain/identity.ts';
import { IDENTITY_FIELDS } from '../domain/identity.ts';
import type { ProbeResponseMap } from '../domain/plan.ts';
import type { AnswerClass, Snippet } from '../domain/probe.ts';
import { answerClassOf } from '../domain/probes/answer-class.ts';
import { lookup, pointer, text, whole } from './lookup.ts';
import { refusalMatcher } from './refusals.ts';

/** Snippets and citations read from one answer; more are cut off. */
const MAX_ITEMS = 200;

export interface MappedAnswer {
  readonly answer: string | null;
  readonly answerClass: AnswerClass;
  /** Cited section ids; null when the answer has no citation list at all. */
  readonly citations: readonly string[] | null;
  /** The delivered top-k in the service's order. */
  readonly retrieved: readonly Snippet[];
  /** `INDEX_HASH` and analyzer that single snippets carry, where they do. */
  readonly snippetIdentity: readonly {
    readonly indexHash: string | null;
    readonly analyzer: string | null;
  }[];
  readonly identity: Partial<AnswerIdentity>;
  /** null when the answer does not say. */
  readonly cold: boolean | null;
}

export type ResponseMapper = (document: unknown, headers: Headers) => MappedAnswer;

const unitPointer = (start: string): string =>
  start === '' ? '' : `${start.slice(0, start.lastIndexOf('/'))}/unit`;

function snippetReader(map: ProbeResponseMap['snippet']): (item: unknown, index: number) => Snippet {
  const where = 'probes.response.snippet';
  const [id, section, body] = [map.id, map.section, map.text].map((p) => pointer(p, where));
  const [start, end] = [map.start, map.end].map((p) => pointer(p, where));
  const unit = pointer(unitPointer(map.start), where);
  const score = pointer('/score', where);
  const tokens = pointer('/tokens', where);
  return (item, index) => {
    const [from, to] = [whole(start?.(item)), whole(end?.(item))];
    const [snippetText, value, count] = [text(body?.(item)), whole(score(item)), whole(tokens(item))];
    return {
      snippet_id: text(id?.(item)) ?? `#${index}`,
      section_id: text(section?.(item)) ?? (typeof item === 'string' ? item : ''),
      ...(from === null || to === null
        ? {}
        : {
            offsets: {
              start: from,
              end: to,
              unit: unit(item) === 'token' ? ('token' as const) : ('char' as const),
            },
          }),
      ...(count === null ? {} : { tokens: count }),
      ...(snippetText === null ? {} : { text: snippetText }),
      ...(value === null ? {} : { score: value }),
    };
  };
}

/**
 * Compiles a response map.
 * @throws UserError naming the field whose path or pattern is wrong.
 */
export function compileResponseMap(map: ProbeResponseMap): ResponseMapper {
  const answer = lookup(map.answer, 'probes.response.answer');
  const citations = lookup(map.citations, 'probes.response.citations');
  // The list itself, without what the path picks from its items: an empty one is an answer that cites nothing.
  const listPath = map.citations.replace(/\[\*\][^[\]]*$/u, '');
  const citationList = lookup(listPath, 'probes.response.citations');
  const retrieved = lookup(map.retrieved, 'probes.response.retrieved');
  const cold = lookup(map.cold, 'probes.response.cold');
  const refusalFlag = pointer('/refusal', 'refusal');
  const identity = IDENTITY_FIELDS.map(
    (field) => [field, lookup(map.identity[field], `probes.response.identity.${field}`)] as const,
  );
  const readSnippet = snippetReader(map.snippet);
  const citedSection = pointer(map.snippet.section, 'probes.response.snippet.section');
  const citedSnippet = pointer(map.snippet.id, 'probes.response.snippet.id');
  const [itemHash, itemAnalyzer] = ['/index_hash', '/analyzer'].map((p) => pointer(p, p));
  const isRefusal = refusalMatcher(map.refusal);

  return (document, headers) => {
    const items = retrieved(document, headers).slice(0, MAX_ITEMS);
    const snippets = items.map(readSnippet);
    const bySnippet = new Map(snippets.map((s) => [s.snippet_id, s.section_id]));
    const section = (item: unknown): string | null => {
      const direct = text(citedSection(item));
      if (direct !== null) return direct;
      const name = text(citedSnippet(item)) ?? text(item);
      return name === null ? null : (bySnippet.get(name) ?? name);
    };
    const cites = map.citations !== '' && citationList(document, headers).some((list) => list != null);
    const cited = citations(document, headers).slice(0, MAX_ITEMS).map(section);
    const parts = answer(document, headers)
      .map(text)
      .filter((part) => part !== null);
    const joined = parts.length === 0 ? null : parts.join('');
    const found = identity.flatMap(([field, find]) => {
      const value = text(find(document, headers)[0]);
      return value === null ? [] : [[field, value] as const];
    });
    const isCold = text(cold(document, headers)[0]);
    return {
      answer: joined,
      answerClass: answerClassOf(joined, refusalFlag(document) === true, isRefusal),
      citations: cites ? [...new Set(cited.filter((id) => id !== null && id !== ''))].map(String) : null,
      retrieved: snippets,
      snippetIdentity: items.map((item) => ({
        indexHash: text(itemHash?.(item)),
        analyzer: text(itemAnalyzer?.(item)),
      })),
      identity: Object.fromEntries(found),
      cold: isCold === null ? null : /^(1|true|cold|yes)$/iu.test(isCold),
    };
  };
}
