/** Signed pins: what is accepted, and that nothing else is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { signPin, verifyPin } from '../../src/domain/pin.ts';

const NOW = 1_800_000_000_000;
const pin = { color: 'green', kind: 'probe', expMs: NOW + 60_000 } as const;

describe('pin', () => {
  it('is read back as signed, at whole seconds', async () => {
    const header = await signPin(pin, 's1');
    assert.match(header, /^v1;color=green;kind=probe;exp=1800000060;sig=[\w-]{43}$/);
    assert.deepEqual(await verifyPin(header, ['s1'], NOW), { ok: true, pin });
  });

  it('names a cohort instead of a color', async () => {
    const cohort = { cohort: 'beta-1', kind: 'user', expMs: NOW + 60_000 } as const;
    assert.deepEqual(await verifyPin(await signPin(cohort, 's1'), ['s1'], NOW), { ok: true, pin: cohort });
  });

  it('a cohort called like a color is still a cohort', async () => {
    const cohort = { cohort: 'green', kind: 'user', expMs: NOW + 60_000 } as const;
    assert.deepEqual(await verifyPin(await signPin(cohort, 's1'), ['s1'], NOW), { ok: true, pin: cohort });
  });

  it('is accepted under the current and the next secret', async () => {
    const header = await signPin(pin, 'old');
    assert.equal((await verifyPin(header, ['new', 'old'], NOW)).ok, true);
    assert.deepEqual(await verifyPin(header, ['new'], NOW), { ok: false, why: 'bad-signature' });
    assert.deepEqual(await verifyPin(header, [], NOW), { ok: false, why: 'bad-signature' });
  });

  it('ends when it says', async () => {
    const header = await signPin(pin, 's1');
    assert.equal((await verifyPin(header, ['s1'], pin.expMs - 1)).ok, true);
    assert.deepEqual(await verifyPin(header, ['s1'], pin.expMs), { ok: false, why: 'expired' });
  });

  it('refuses any change of any byte', async () => {
    const header = await signPin(pin, 's1');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(header.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, char) => {
          fc.pre(header[at] !== char);
          const changed = header.slice(0, at) + char + header.slice(at + 1);
          const verdict = await verifyPin(changed, ['s1'], NOW);
          // The last base64url character carries two unused bits: four spellings decode to the same signature.
          assert.equal(verdict.ok && at !== header.length - 1, false);
        },
      ),
    );
  });

  it('refuses what is not of the form', async () => {
    const header = await signPin(pin, 's1');
    for (const text of [
      '',
      'v1',
      `${header};kind=user`,
      ` ${header}`,
      header.replace('v1', 'v2'),
      'x'.repeat(9000),
    ]) {
      assert.deepEqual(
        await verifyPin(text, ['s1'], NOW),
        { ok: false, why: 'malformed' },
        text.slice(0, 60),
      );
    }
  });

  it('signs exactly one of color and cohort, and only safe names', async () => {
    await assert.rejects(signPin({ kind: 'user', expMs: NOW }, 's'), TypeError);
    await assert.rejects(signPin({ ...pin, cohort: 'x' }, 's'), TypeError);
    await assert.rejects(signPin({ cohort: 'a;color=green', kind: 'user', expMs: NOW }, 's'), TypeError);
  });
});
