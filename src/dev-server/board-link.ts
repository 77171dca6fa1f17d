/** Where the board of a switch stands in the web UI of a server of ours. */
import type { TemporalServer } from './server.ts';

/**
 * The run's metadata, which is its board; the UI's own start page of a workflow is a timeline.
 * @returns null when the server has no web UI
 */
export function boardUrl(
  { uiUrl, namespace }: Pick<TemporalServer, 'uiUrl' | 'namespace'>,
  run: { readonly workflowId: string; readonly runId: string },
): string | null {
  if (uiUrl === undefined) return null;
  const id = encodeURIComponent(run.workflowId);
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${id}/${run.runId}/user-metadata`;
}
