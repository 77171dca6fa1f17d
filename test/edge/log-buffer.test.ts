/** Lines that nobody takes: how many went is said by the lines after them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requestLine } from '../../src/conformance/request-lines.ts';
import { LogBuffer } from '../../src/edge/log-buffer.ts';

const MOST = 20_000;

void it('a full buffer loses the oldest lines, and every line is shipped or told of', async () => {
  let isAway = true;
  const shipped: { readonly lost_before?: number; readonly route: string }[] = [];
  const service = {
    fetch: async (_: unknown, init?: { readonly body?: unknown }) => {
      if (isAway) return new Response(null, { status: 503 });
      for (const text of String(init?.body).trimEnd().split('\n')) shipped.push(JSON.parse(text));
      return new Response(null, { status: 204 });
    },
  };
  const buffer = new LogBuffer(service, false);
  let pushed = 0;
  const push = (count: number): void => {
    for (let i = 0; i < count; i += 1) buffer.push(requestLine({ route: String(pushed++) }), () => undefined);
  };
  push(MOST + 30);
  assert.equal(await buffer.flush(), false);
  push(MOST + 5);
  isAway = false;
  assert.equal(await buffer.flush(), true);
  push(1);
  assert.equal(await buffer.flush(), true);
  assert.equal(shipped.length, MOST + 1);
  const lost = shipped.reduce((sum, line) => sum + (line.lost_before ?? 0), 0);
  assert.equal(shipped.length + lost, pushed);
  assert.equal(shipped.at(-1)?.route, String(pushed - 1));
});
