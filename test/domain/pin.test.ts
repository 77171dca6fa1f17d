/** Signed pins: what is accepted, and that nothing else is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { LONGEST_PIN_LIFE_MS, pinSecrets, signPin, verifyPin, type PinKind } from '../../src/domain/pin.ts';

const NOW = 1_800_000_000_000;
const check = { service: 'docs', secrets: ['s1'], nowMs: NOW };
const pin = { service: 'docs', color: 'green', kind: 'probe', expMs: NOW + 60_000 } as const;

describe('pin', () => {
  it('is read back as signed, at whole seconds', async () => {
    const header = await signPin(pin, ['s1']);
    assert.match(header, /^v1;service=docs;color=green;kind=probe;exp=1800000060;sig=[\w-]{43}$/);
    assert.deepEqual(await verifyPin(header, check), { ok: true, pin });
  });

  it('names a cohort instead of a color', async () => {
    const cohort = { service: 'docs', cohort: 'beta-1', kind: 'user', expMs: NOW + 60_000 } as const;
    assert.deepEqual(await verifyPin(await signPin(cohort, ['s1']), check), { ok: true, pin: cohort });
  });

  it('a cohort called like a color is still a cohort', async () => {
    const cohort = { service: 'docs', cohort: 'green', kind: 'user', expMs: NOW + 60_000 } as const;
    assert.deepEqual(await verifyPin(await signPin(cohort, ['s1']), check), { ok: true, pin: cohort });
  });

  it('is accepted under the current and the next secret', async () => {
    const header = await signPin(pin, ['old', 'older']);
    assert.equal((await verifyPin(header, { ...check, secrets: ['new', 'old'] })).ok, true);
    assert.deepEqual(await verifyPin(header, { ...check, secrets: ['new'] }), {
      ok: false,
      why: 'bad-signature',
    });
    assert.deepEqual(await verifyPin(header, { ...check, secrets: [] }), { ok: false, why: 'bad-signature' });
  });

  it('ends when it says', async () => {
    const header = await signPin(pin, ['s1']);
    assert.equal((await verifyPin(header, { ...check, nowMs: pin.expMs - 1 })).ok, true);
    assert.deepEqual(await verifyPin(header, { ...check, nowMs: pin.expMs }), { ok: false, why: 'expired' });
  });

  it('is good for its own service only, whatever the service is called (B13)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.string({ minLength: 1 }),
        async (own, other) => {
          fc.pre(own !== other);
          const header = await signPin({ ...pin, service: own }, ['s1']);
          assert.equal((await verifyPin(header, { ...check, service: own })).ok, true);
          assert.deepEqual(await verifyPin(header, { ...check, service: other }), {
            ok: false,
            why: 'other-service',
          });
        },
      ),
    );
  });

  it('is refused when it would live longer than its kind may (B13)', async () => {
    for (const [kind, lifeMs] of Object.entries(LONGEST_PIN_LIFE_MS)) {
      const of = (expMs: number) => signPin({ ...pin, kind: kind as PinKind, expMs }, ['s1']);
      assert.equal((await verifyPin(await of(NOW + lifeMs), check)).ok, true, kind);
      assert.deepEqual(await verifyPin(await of(NOW + lifeMs + 1000), check), { ok: false, why: 'too-long' });
    }
  });

  it('reads every secret of the variable, and signs with the first (A1)', async () => {
    assert.deepEqual(pinSecrets(' current, next ,'), ['current', 'next']);
    assert.deepEqual(pinSecrets(undefined), []);
    const header = await signPin(pin, pinSecrets('current,next'));
    assert.equal((await verifyPin(header, { ...check, secrets: ['current'] })).ok, true);
    await assert.rejects(signPin(pin, []), TypeError);
  });

  it('refuses any change of any byte', async () => {
    const header = await signPin(pin, ['s1']);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(header.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, char) => {
          fc.pre(header[at] !== char);
          const changed = header.slice(0, at) + char + header.slice(at + 1);
          const verdict = await verifyPin(changed, check);
          // The last base64url character carries two unused bits: four spellings decode to the same signature.
          assert.equal(verdict.ok && at !== header.length - 1, false);
        },
      ),
    );
  });

  it('refuses what is not of the form', async () => {
    const header = await signPin(pin, ['s1']);
    for (const text of [
      '',
      'v1',
      `${header};kind=user`,
      ` ${header}`,
      header.replace('v1', 'v2'),
      'x'.repeat(9000),
    ]) {
      assert.deepEqual(await verifyPin(text, check), { ok: false, why: 'malformed' }, text.slice(0, 60));
    }
  });

  it('signs exactly one of color and cohort, and only safe names', async () => {
    await assert.rejects(signPin({ service: 'docs', kind: 'user', expMs: NOW }, ['s']), TypeError);
    await assert.rejects(signPin({ ...pin, cohort: 'x' }, ['s']), TypeError);
    await assert.rejects(
      signPin({ service: 'docs', cohort: 'a;color=green', kind: 'user', expMs: NOW }, ['s']),
      TypeError,
    );
  });
});
