/** What every `EvidencePort` must do. */
import assert from 'node:assert/strict';
import { EvidenceGoneError } from '../domain/errors.ts';
import type { EvidencePort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface EvidenceEnv extends Env {
  readonly port: EvidencePort;
  /** Changes what is stored under the digest. Absent: nobody can. */
  tamper?(digest: string): Promise<void>;
  /** Another port on the same store, as another worker opens it. Absent: it is one process's own. */
  another?(): EvidencePort;
}

export function evidencePortSuite(name: string, makeEnv: () => Promise<EvidenceEnv>): void {
  suite(`EvidencePort: ${name}`, makeEnv, ({ rule, given }) => {
    rule('gives back what was put, under the sha256 of its canonical JSON', async ({ port }) => {
      const digest = await port.put({ b: [1, 'é', null], a: true });
      // printf '{"a":true,"b":[1,"é",null]}' | sha256sum
      assert.equal(digest, '9d1b467c59b7bed15cbb3272f936df575870d558e9461ff213385535b3f1fd5b');
      assert.deepEqual(await port.get(digest), { a: true, b: [1, 'é', null] });
    });

    rule('equal values have one address whatever the order of their keys', async ({ port }) => {
      assert.equal(await port.put({ a: 1, b: { c: 2, d: 3 } }), await port.put({ b: { d: 3, c: 2 }, a: 1 }));
      assert.notEqual(await port.put({ a: 1 }), await port.put({ a: 2 }));
    });

    rule('many puts of one value at once are fine', async ({ port }) => {
      const digests = await Promise.all(Array.from({ length: 20 }, () => port.put({ same: 'value' })));
      assert.equal(new Set(digests).size, 1);
      assert.deepEqual(await port.get(digests[0] ?? ''), { same: 'value' });
    });

    rule('refuses what JSON cannot hold, and unknown or malformed digests', async ({ port }) => {
      await assert.rejects(port.put({ n: Number.NaN }), /\$\.n/);
      await assert.rejects(port.get('0'.repeat(64)), (cause) => {
        assert.ok(cause instanceof EvidenceGoneError, String(cause));
        assert.deepEqual([cause.kind, cause.message.includes('0'.repeat(64))], ['fatal', true]);
        return true;
      });
      await assert.rejects(port.get('../../etc/passwd'), { name: 'ProviderError', kind: 'fatal' });
    });

    rule('publishes a named file and overwrites it when a step is retried', async ({ port }) => {
      const first = await port.publish('cutover/docs', 'report.html', '<p>1</p>');
      assert.equal(await port.publish('cutover/docs', 'report.html', '<p>2</p>'), first);
      assert.match(first, /report\.html$/);
      assert.equal(await port.published('cutover/docs', 'report.html'), '<p>2</p>');
      await assert.rejects(port.published('cutover/other', 'report.html'), EvidenceGoneError);
    });

    given('another', 'what one worker puts and publishes, another one reads', async (env) => {
      const other = env.another();
      const digest = await env.port.put({ a: 1 });
      assert.deepEqual(await other.get(digest), { a: 1 });
      await env.port.publish('cutover/docs', 'report.html', '<p>1</p>');
      assert.equal(await other.published('cutover/docs', 'report.html'), '<p>1</p>');
      await other.close?.();
    });

    given('tamper', 'notices evidence that was changed', async (env) => {
      const digest = await env.port.put({ verdict: 'fail' });
      await env.tamper(digest);
      await assert.rejects(env.port.get(digest), { name: 'ProviderError', kind: 'fatal' });
    });
  });
}
