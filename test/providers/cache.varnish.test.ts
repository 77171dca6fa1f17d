/** Provider `varnish` against real servers, with the VCL of its page. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cachePortSuite } from '../../src/conformance/cache.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import type { CachePort } from '../../src/ports/index.ts';
import { startVarnish, type VarnishServer } from '../support/varnish-server.ts';
import { asUser, varnishEnv, type VarnishEnv } from './varnish-env.ts';
import { deafVarnish } from './deaf-varnish.ts';

cachePortSuite('varnish, two nodes', () => varnishEnv());
cachePortSuite('varnish by bans', () =>
  varnishEnv([(vcl) => vcl.replace(/^.*xkey;$/m, '').replaceAll(/^.*xkey\.(soft)?purge.*$/gm, '')], {
    by: 'ban',
  }),
);

const purge = { idempotencyKey: 'run/purge' };
const [KEY] = ['/answer?q=one'];

async function within(env: VarnishEnv, body: (env: VarnishEnv) => Promise<void>): Promise<void> {
  try {
    await body(env);
  } finally {
    await env.close();
  }
}

function says(kind: ProviderError['kind'], pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.match(error.message, pattern);
    return error.kind === kind;
  };
}

async function doubts(port: CachePort): Promise<readonly string[]> {
  return ((await port.check?.('blue', [KEY, '/other?x=1'])) ?? []).map(({ what }) => what);
}

const otherHeader = (vcl: string): string => vcl.replaceAll('beresp.http.xkey', 'beresp.http.x-tags');

describe('provider varnish', () => {
  it('has no doubt where every node knows tags and colors', async () =>
    within(await varnishEnv(), async ({ port }) => {
      assert.deepEqual(await doubts(port), []);
    }));

  it('takes no node’s word: one that takes the purge and goes on serving is named (trap C3)', async () =>
    within(await varnishEnv(), async ({ nodes, open }) => {
      const [told, behind] = nodes as readonly [VarnishServer, VarnishServer];
      const deaf = await deafVarnish(behind);
      try {
        const port = open({ nodes: [told.url, deaf.url] });
        await assert.rejects(
          port.purge('blue', purge),
          says('human', new RegExp(`^${deaf.url}: it took the purge and goes on`)),
        );
        // Tried again it is no success either.
        await assert.rejects(port.purge('blue', purge), says('human', /it took the purge/));
      } finally {
        await deaf.close();
      }
    }));

  it('finds a node whose tags come under another header: in preflight, and by the purge (trap C3)', async () =>
    within(await varnishEnv([undefined, otherHeader]), async ({ nodes, port }) => {
      const [, other] = nodes as readonly [VarnishServer, VarnishServer];
      const found = await doubts(port);
      assert.equal(found.length, 2);
      for (const what of found)
        assert.match(
          what,
          new RegExp(`^answers of /answer at ${other.url} carry no tag at all, not docs-blue`),
        );
      await assert.rejects(port.purge('blue', purge), says('human', new RegExp(other.url)));
    }));

  it('says in preflight that answers carry no tag, or another one (trap C5)', async () =>
    within(await varnishEnv([otherHeader]), async ({ open, port }) => {
      assert.match(
        (await doubts(port)).join('\n'),
        /carry no tag at all, not docs-blue: a purge would pass them over/,
      );
      const tagged = await varnishEnv([(vcl) => vcl.replace('"docs-" +', '"rag-" +')]);
      await within(tagged, async (wrong) => {
        assert.match((await doubts(wrong.port)).join('\n'), /carry rag-blue, not docs-blue/);
      });
      assert.match((await doubts(open({ probe: '/status' }))).join('\n'), /keeps no answer of \/status/);
    }));

  it('says in preflight that the key does not hold the color', async () =>
    within(await varnishEnv([(vcl) => vcl.replace(/^sub vcl_hash.*$/m, '')]), async ({ port }) => {
      assert.match((await doubts(port)).join('\n'), /gives green's users what it keeps of blue/);
    }));

  it('says where a node answers no look-ups, or takes no purge from here', async () => {
    const strange = (vcl: string): string =>
      vcl.replace('acl cutover { "127.0.0.1"; }', 'acl cutover { "10.9.9.9"; }');
    // Its start waits for an answer to a purge.
    await within(await varnishEnv([(vcl) => strange(vcl).replace('405', '200')]), async ({ port }) => {
      await assert.rejects(port.purge('blue', purge), says('fatal', /answers no look-ups/));
      await assert.rejects(port.verifyPurged('blue', [KEY]), says('fatal', /answers no look-ups/));
      await assert.rejects(async () => port.check?.('blue', []), says('fatal', /answers no look-ups/));
    });
  });

  it('finds a shield that was not told, and purges one that is named first (trap C4)', async () =>
    within(await varnishEnv([undefined]), async ({ nodes, open }) => {
      const [shield] = nodes as readonly [VarnishServer];
      const outer = await startVarnish({ blue: shield.port, green: shield.port });
      try {
        // What the naive way does: soft at the shield, then the node that users ask.
        await asUser(outer.url, 'blue', KEY);
        await new Promise((resolve) => setTimeout(resolve, 2200));
        await fetch(shield.url, { method: 'PURGE', headers: { 'xkey-softpurge': 'docs-blue' } });
        await fetch(outer.url, { method: 'PURGE', headers: { 'xkey-purge': 'docs-blue' } });
        assert.ok((await asUser(outer.url, 'blue', KEY)).ageS >= 2, 'the shield gave its stale answer');

        const unnamed = open({ nodes: [outer.url] });
        await assert.rejects(
          unnamed.purge('blue', purge),
          says(
            'human',
            /after the purge it fetched an answer that is \d+ s old: a cache behind it was not told, name it in `shields`/,
          ),
        );
        const named = open({ nodes: [outer.url], shields: [shield.url] });
        await named.prime('blue', [KEY], { idempotencyKey: 'run/prime' });
        assert.deepEqual(await named.purge('blue', { idempotencyKey: 'run/purge-2' }), {
          namespace: 'docs-blue',
        });
        assert.deepEqual(await named.verifyPurged('blue', [KEY]), { checked: 2, stillCached: 0 });
        assert.throws(
          () => open({ nodes: [outer.url], shields: [shield.url], soft: true }),
          (error) => error instanceof UserError && /soft cannot be with shields/.test(error.message),
        );
      } finally {
        await outer.stop();
      }
    }));

  it('marks answers stale instead of removing them where that is wanted', async () =>
    within(await varnishEnv([undefined], { soft: true }), async ({ port, ask }) => {
      await port.prime('blue', [KEY], { idempotencyKey: 'run/prime' });
      await port.purge('blue', purge);
      assert.deepEqual(await port.verifyPurged('blue', [KEY]), { checked: 1, stillCached: 0 });
      assert.deepEqual(await ask('blue', KEY), [{ answeredBy: 'blue', hit: true }]);
    }));
});
