/** What stands for a user in lines: keyed, stable, and wide enough that nobody is taken for somebody else. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decide } from '../../src/domain/bucket.ts';
import { murmur3 } from '../../src/domain/murmur3.ts';
import { UserHash } from '../../src/edge/user-hash.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { firstConfig } from '../../src/conformance/store.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const USERS = 300_000;

/** Users seen on both sides by the reader, when each of many asked once and stayed where the weight puts it. */
async function flipBacks(weightPercent: number, hashOf: (key: string) => string): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-users-'));
  const rule = firstConfig('docs', { weightPercent });
  const [blue, green] = [{ color: 'blue' as const }, { color: 'green' as const }].map((side) =>
    ndjson([
      requestLine({ ...side, user: '@@', ts: new Date(START + 1000).toISOString(), reason: 'bucket' }),
    ]),
  );
  const parts: string[] = [];
  for (let i = 0; i < USERS; i++) {
    const key = `user-${i}`;
    const { color } = decide(rule, { key, pin: null, nowMs: 0 });
    parts.push(((color === 'blue' ? blue : green) ?? '').replace('@@', hashOf(key)));
  }
  const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  try {
    await writeFile(join(dir, 'a.ndjson'), parts.join(''));
    const query = { service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] };
    return (await port.window(query)).flipBacks;
  } finally {
    await port.close?.();
    await rm(dir, { recursive: true });
  }
}

const expected = (key: string) => createHmac('sha256', 's3').update(key).digest('hex').slice(0, 16);

describe('user hashes', () => {
  it('are the first 8 bytes of HMAC-SHA-256 under the secret (B14)', async () => {
    const hash = new UserHash('s3', 'unused');
    for (const key of ['u1', 'café', '用户七']) {
      assert.equal(await hash.of(key), expected(key));
      assert.equal(await hash.of(key), expected(key), 'remembered');
    }
  });

  it('differ between deployments, and without a secret derive from what the deployment has (B14)', async () => {
    const of = (secret: string, fallback: string) => new UserHash(secret, fallback).of('u1');
    const values = await Promise.all([of('', 'pin-a'), of('', 'pin-b'), of('pin-a', ''), of('x', 'pin-a')]);
    assert.equal(new Set(values).size, 4);
    assert.equal(await of('', 'pin-a'), values[0]);
    assert.equal(await of('x', 'pin-b'), values[3], 'a secret of its own outlives the rotation of pins');
  });

  it('300,000 users that stay are 300,000 users to the reader, at 5 % and at 50 % (B14)', async () => {
    for (const weight of [5, 50]) assert.equal(await flipBacks(weight, expected), 0);
  });

  it('the check would notice hashes of 32 bits (B14)', async () => {
    assert.ok((await flipBacks(50, (key) => murmur3(key).toString(16))) > 0);
  });
});
