/** A job's key: the same in every language, another for every other job, and what a ledger of the former keys still knows. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { doneUnder, formerIdempotencyKey, idempotencyKey, type JobIdentity } from '../../src/edge/index.ts';

const { vectors } = JSON.parse(
  readFileSync(new URL('../../docs/idempotency-key.json', import.meta.url), 'utf8'),
) as { vectors: readonly { source_id: string; revision: string; index_hash: string; key: string }[] };

const job = (sourceId: string, revision: string, indexHash = '0x9a77'): JobIdentity => ({
  sourceId,
  revision,
  indexHash,
});

void describe('the idempotency key of a job', () => {
  for (const { source_id, revision, index_hash, key } of vectors) {
    void it(`${JSON.stringify([source_id, revision, index_hash])} is as its vector says (A17)`, async () => {
      assert.equal(await idempotencyKey(job(source_id, revision, index_hash)), key);
    });
  }

  void it('is another one for each of 10,000 numeric pairs, many of which shared theirs before (A17)', async () => {
    const [keys, former] = [new Map<string, number>(), new Map<string, number>()];
    const note = (seen: Map<string, number>, key: string): unknown => seen.set(key, (seen.get(key) ?? 0) + 1);
    for (let doc = 1; doc <= 100; doc += 1) {
      for (let revision = 1; revision <= 100; revision += 1) {
        const one = job(`doc-${doc}`, String(revision));
        note(keys, await idempotencyKey(one));
        note(former, await formerIdempotencyKey(one));
      }
    }
    assert.equal(keys.size, 10_000);
    assert.ok(former.size < 10_000);
  });

  void it('moves apart text that slides from one part into the next, wherever the border is (A17)', async () => {
    const text = 'doc-1-2-3';
    const keys = new Set<string>();
    let count = 0;
    for (let first = 0; first <= text.length; first += 1) {
      for (let second = first; second <= text.length; second += 1) {
        keys.add(
          await idempotencyKey(job(text.slice(0, first), text.slice(first, second), text.slice(second))),
        );
        count += 1;
      }
    }
    assert.equal(keys.size, count);
  });

  void it('a former key is sha256 over the bare parts', async () => {
    const expected = createHash('sha256').update('doc-1rev-2hash').digest('hex');
    assert.equal(await formerIdempotencyKey(job('doc-1', 'rev-2', 'hash')), expected);
  });
});

void describe('a done-ledger', () => {
  const ledger = new Map<string, Partial<JobIdentity>>();
  const lookup = (key: string): Promise<Partial<JobIdentity> | null> =>
    Promise.resolve(ledger.get(key) ?? null);

  void it('knows a job under its key, under the former one only as the same job, else not (A17)', async () => {
    const done = job('doc-1', '12');
    const twin = job('doc-11', '2');
    assert.equal(await doneUnder(done, lookup), null);
    ledger.set(await formerIdempotencyKey(done), done);
    assert.equal(await doneUnder(done, lookup), await formerIdempotencyKey(done));
    assert.equal(await doneUnder(twin, lookup), null, 'it shares the former key and is another job');
    ledger.set(await idempotencyKey(twin), {});
    assert.equal(await doneUnder(twin, lookup), await idempotencyKey(twin));
  });
});
