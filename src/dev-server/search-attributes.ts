/**
 * How a server of ours learns search attributes.
 * Flags of `start-dev` act only when a namespace is first created; an older database file learns new ones through the
 * operator API. Invariant: on return every attribute can be used in a query, so a start that sets them is accepted.
 */
import type { ConnectionLike } from '@temporalio/client';
import { TYPE_NUMBERS, type SearchAttributeTypes } from '../temporal/search-attributes.ts';

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
