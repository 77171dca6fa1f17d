/** Infrastructure and services of the sample in this process, and the headers a router would add. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Color } from '../../src/domain/color.ts';
import { startInfra } from '../../examples/docs-rag/infra/server.ts';
import type { InfraReady, StoreDump } from '../../examples/docs-rag/infra/server.ts';
import { readConfig } from '../../examples/docs-rag/service/config.ts';
import { startService } from '../../examples/docs-rag/service/server.ts';
import type { RunningService } from '../../examples/docs-rag/service/server.ts';
import { callJson, sleep } from '../../examples/docs-rag/shared/http.ts';

export const ADMIN = { authorization: 'Bearer admin-of-tests' };

export function infra(settings: Record<string, unknown> = {}): ReturnType<typeof startInfra> {
  return startInfra({
    store: { use: 'journal', dir: mkdtempSync(join(tmpdir(), 'docs-rag-')) },
    ...settings,
  });
}

export function service(
  color: Color,
  behind: InfraReady | null,
  settings: Record<string, unknown> = {},
): Promise<RunningService> {
  const backends = behind === null ? {} : { store: behind.store, queue: behind.queue };
  const env = { DOCS_RAG_ADMIN_TOKEN: 'admin-of-tests', ALLOW_FAULTS: '1' };
  return startService(readConfig({ color, modelTime: 0, ...backends, ...settings }, env));
}

/** What the router says about a request. */
export function routed(color: Color, said: Record<string, string> = {}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-color': color,
    'x-cfg-gen': '1',
    'x-cutover-writes': 'open',
    'x-cutover-producer': color,
    'x-cutover-kind': 'user',
    ...said,
  };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

export async function dump(store: string): Promise<StoreDump> {
  return (await callJson(`${store}/dump`)) as StoreDump;
}

/** Asks again until `holds`, or fails with what was seen last. */
export async function until<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  timeoutMs = 8_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms: ${JSON.stringify(seen).slice(0, 500)}`);
    await sleep(50);
  }
}
