/**
 * The search attributes of a switch and how a server learns them.
 * Flags of `start-dev` act only when a namespace is first created; an older database file learns new ones through the
 * operator API. Invariant: on return every attribute can be used in a query, so a start that sets them is accepted.
 */
import type { ConnectionLike } from '@temporalio/client';

/** Type names as the `temporal` CLI spells them, with their number in the API's IndexedValueType. */
const TYPE_NUMBERS = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

/** Attribute name to type. */
export type SearchAttributeTypes = Readonly<Record<string, keyof typeof TYPE_NUMBERS>>;

/** What cutover's workflows set. */
export const CUTOVER_SEARCH_ATTRIBUTES: SearchAttributeTypes = {
  CutoverService: 'Keyword',
  CutoverStage: 'Keyword',
  CutoverWeight: 'Double',
  CutoverOutcome: 'Keyword',
};

/** Adds those that are missing, then proves that all can be queried. */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
  wanted: SearchAttributeTypes,
): Promise<void> {
  const known = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => known.customAttributes?.[name] === undefined);
  if (missing.length > 0) {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, TYPE_NUMBERS[type]])),
    });
  }
  // The namespace cache lags behind the operator API: a query is refused until the names are known everywhere.
  const query = Object.keys(wanted)
    .map((name) => `${name} IS NULL`)
    .join(' AND ');
  if (query !== '') await connection.workflowService.countWorkflowExecutions({ namespace, query });
}
