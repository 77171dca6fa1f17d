/** Lines that nobody takes: how many went is said by the lines after them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requestLine } from '../../src/conformance/request-lines.ts';
import { LogBuffer } from '../../src/edge/log-buffer.ts';

const MOST = 20_000;

void it('a full buffer loses the oldest lines, and every line is shipped or told of', async () => {
  let isAway = true;
  const shipped: { readonly lost_before?: number; readonly route: string }[] = [];
  const sink = async (lines: readonly string[]): Promise<number> => {
    if (isAway) throw new Error('away');
    for (const text of lines) shipped.push(JSON.parse(text));
    return lines.length;
  };
  const buffer = new LogBuffer(sink, false);
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

void it('a sink that took some of a batch is given the others, in order', async () => {
  const shipped: string[] = [];
  let room = 3;
  const buffer = new LogBuffer(async (lines) => {
    const taken = lines.slice(0, room);
    shipped.push(...taken.map((text) => JSON.parse(text).route));
    return taken.length;
  }, false);
  for (let i = 0; i < 5; i += 1) buffer.push(requestLine({ route: String(i) }), () => undefined);
  assert.equal(await buffer.flush(), false);
  room = 9;
  assert.equal(await buffer.flush(), true);
  assert.deepEqual(shipped, ['0', '1', '2', '3', '4']);
});
