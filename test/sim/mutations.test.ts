/** The deliberate breaks of `npm run sim:switches -- --mutations` still fit the sources, so that the long run cannot go stale unseen. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MUTATIONS } from '../../scripts/sim-switches/mutations.ts';

const SRC = new URL('../../src/', import.meta.url);

describe('deliberate breaks', () => {
  it('are at least fifteen, each under a name of its own', () => {
    assert.ok(MUTATIONS.length >= 15);
    assert.equal(new Set(MUTATIONS.map((one) => one.name)).size, MUTATIONS.length);
  });

  for (const { name, patches } of MUTATIONS) {
    it(`fit: ${name}`, () => {
      for (const { file, find } of patches) {
        const times = readFileSync(new URL(file, SRC), 'utf8').split(find).length - 1;
        assert.equal(times, 1, `${file} holds this ${times} times:\n${find}`);
      }
    });
  }
});
