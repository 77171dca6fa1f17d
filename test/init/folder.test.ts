/** What a folder tells of itself. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serviceName } from '../../src/init/folder.ts';
import { name } from '../../src/ports/option.ts';

for (const given of ['Docs RAG', '-x-', '123', '', 'é', `${'a'.repeat(39)}-b`, 'x'.repeat(99), '9-_a'])
  it(`makes a name that a plan takes of ${JSON.stringify(given)}`, () => {
    assert.equal(name.safeParse(serviceName(given)).success, true, serviceName(given));
  });
