/**
 * Where the workflow code comes from: the bundle made at build time if this runs from `dist`, else the sources, bundled as the
 * worker starts. Bundling at build time is what lets CI see what is in it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

const PREBUILT = new URL('../../workflow-bundle.js', import.meta.url);
const isBuilt = import.meta.url.endsWith('.js');

export type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

export function workflowSource(): WorkflowSource {
  if (isBuilt && existsSync(PREBUILT)) return { workflowBundle: { codePath: fileURLToPath(PREBUILT) } };
  const entry = isBuilt ? '../workflows/index.js' : '../workflows/index.ts';
  return { workflowsPath: fileURLToPath(new URL(entry, import.meta.url)) };
}
