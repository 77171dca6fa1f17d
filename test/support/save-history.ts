/** Keeps the history of a switch as gzipped JSON, for the replay corpus. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { RunningSwitch } from './running-switch.ts';

export async function saveHistory(folder: string, { handle, service }: RunningSwitch): Promise<void> {
  const history = await handle.fetchHistory();
  mkdirSync(folder, { recursive: true });
  // Parsed and written again: the SDK's text is indented.
  const json = JSON.stringify(JSON.parse(historyToJSON(history)));
  writeFileSync(join(folder, `${service.name}.json.gz`), gzipSync(json, { level: 9 }));
}
