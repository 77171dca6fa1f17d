/** RFC 9111 by table: every directive in every spelling, what clients ask for, and what `Vary` selects. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cacheWish, directivesOf, isShared, isStorable, varyNames } from '../../src/edge/cache-rules.ts';

const headers = (control: string | null, more: Record<string, string> = {}) =>
  new Headers(control === null ? more : { 'cache-control': control, ...more });

/** The spellings that one directive may arrive in, alone and beside a lifetime. */
function spellings(directive: string): string[] {
  const [name = '', value] = directive.split('=');
  const capital = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  const forms = [name, name.toUpperCase(), capital].flatMap((spelt) =>
    value === undefined ? [spelt] : [`${spelt}=${value}`, `${spelt}="${value}"`],
  );
  return forms.flatMap((form) => [
    `${form}, max-age=60`,
    `max-age=60, ${form}`,
    `max-age=60,${form}`,
    `max-age=60 ,\t${form} `,
    `public , ${form}, Max-Age=60`,
    `ext="a, b", ${form}, max-age=60`,
  ]);
}

describe('cache rules', () => {
  for (const directive of [
    'no-store',
    'private',
    'private=set-cookie',
    'no-cache',
    'no-cache=x-user',
    's-maxage=0',
  ]) {
    it(`${directive}, however it is spelt, is not stored (B2)`, () => {
      for (const control of spellings(directive))
        assert.equal(isStorable(200, headers(control)), false, control);
    });
  }

  for (const directive of [
    'public',
    'must-revalidate',
    'proxy-revalidate',
    'no-transform',
    'immutable',
    's-maxage=9',
  ]) {
    it(`${directive}, however it is spelt, leaves an answer storable (B2)`, () => {
      for (const control of spellings(directive))
        assert.equal(isStorable(200, headers(control)), true, control);
    });
  }

  it('needs a lifetime that is left, and takes what cannot be read for none (B2)', () => {
    const table: readonly [string | null, boolean][] = [
      [null, false],
      ['', false],
      ['public', false],
      ['max-age', false],
      ['max-age=0', false],
      ['max-age=00', false],
      ['max-age=-1', false],
      ['max-age=soon', false],
      ['max-age=1.5', false],
      ['max-age=1', true],
      ['MAX-AGE="1"', true],
      ['max-age=0, max-age=60', false],
      ['x-max-age=60', false],
      ['not-private, max-age=60', true],
      ['ext="no-store", max-age=60', true],
      ['s-maxage=5', true],
    ];
    for (const [control, storable] of table)
      assert.equal(isStorable(200, headers(control)), storable, String(control));
    assert.equal(isStorable(200, headers('max-age=60', { age: '59' })), true);
    assert.equal(isStorable(200, headers('max-age=60', { age: '60' })), false);
  });

  it('keeps answers with 200 only, none that sets a cookie, none that varies on everything (B2)', () => {
    for (const status of [201, 203, 206, 301, 404, 500])
      assert.equal(isStorable(status, headers('max-age=60')), false);
    assert.equal(isStorable(200, headers('max-age=60', { 'set-cookie': 'a=1' })), false);
    for (const vary of ['*', 'accept, *', ' * '])
      assert.equal(isStorable(200, headers('max-age=60', { vary })), false);
    assert.equal(isStorable(200, headers('max-age=60', { vary: 'Accept' })), true);
  });

  it('names what an answer varies on, once and in order (B2)', () => {
    assert.deepEqual(varyNames(new Headers({ vary: 'X-Tenant, accept ,ACCEPT,,' })), ['accept', 'x-tenant']);
    assert.deepEqual(varyNames(new Headers()), []);
    assert.equal(varyNames(new Headers({ vary: '*' })), null);
  });

  it('shares the answer to one user with another only where it says so (B2)', () => {
    for (const control of ['public, max-age=1', 'PUBLIC', 's-maxage=1', 'S-MaxAge="1"']) {
      assert.equal(isShared(headers(control)), true, control);
    }
    for (const control of [null, 'max-age=60', 'immutable', 'ext="public"', 'publicly']) {
      assert.equal(isShared(headers(control)), false, String(control));
    }
  });

  it('does what a client asks of caches (B2)', () => {
    const table: readonly [Record<string, string>, boolean, boolean][] = [
      [{}, true, true],
      [{ 'cache-control': 'max-age=60' }, true, true],
      [{ 'cache-control': 'no-store' }, false, false],
      [{ 'cache-control': 'No-Store' }, false, false],
      [{ 'cache-control': 'foo, NO-STORE' }, false, false],
      [{ 'cache-control': 'no-cache' }, false, true],
      [{ 'cache-control': 'No-Cache' }, false, true],
      [{ 'cache-control': 'max-age=0' }, false, true],
      [{ 'cache-control': 'MAX-AGE="0"' }, false, true],
      [{ pragma: 'no-cache' }, false, true],
      [{ pragma: 'No-Cache' }, false, true],
      [{ pragma: 'no-cache', 'cache-control': 'max-age=60' }, true, true],
    ];
    for (const [asked, lookup, keep] of table) {
      assert.deepEqual(cacheWish(new Headers(asked)), { lookup, keep }, JSON.stringify(asked));
    }
  });

  it('reads a long header in linear time (B2)', () => {
    const started = process.cpuUsage();
    directivesOf('a="'.repeat(20_000));
    directivesOf(`${'\\'.repeat(50_000)}"`);
    directivesOf(`a="${'\\'.repeat(50_000)}`);
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });
});
