/**
 * Histories as files. Payloads are kept as text, not as base64, which gzip can make nothing of: that is most of their size.
 * Invariant: `readHistory` gives back, byte for byte, the payloads that `writeHistory` was given.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

type History = ReturnType<typeof historyFromJSON>;

export function writeHistory(path: string, history: History): void {
  const json = JSON.stringify(mapData(JSON.parse(historyToJSON(history)), toText));
  writeFileSync(path, gzipSync(json, { level: 9 }));
}

export function readHistory(path: string): History {
  return historyFromJSON(mapData(JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')), toBase64));
}

/** Applies `change` to the `data` of every payload. */
function mapData(value: unknown, change: (data: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapData(item, change));
  if (value === null || typeof value !== 'object') return value;
  const isPayload = 'metadata' in value && 'data' in value && typeof value.data === 'string';
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      isPayload && key === 'data' ? change(member as string) : mapData(member, change),
    ]),
  );
}

function toText(data: string): string {
  const text = Buffer.from(data, 'base64').toString('utf8');
  return toBase64(`text:${text}`) === data ? `text:${text}` : data;
}

function toBase64(data: string): string {
  return data.startsWith('text:') ? Buffer.from(data.slice(5), 'utf8').toString('base64') : data;
}
