/** What is opened is kept while it is used and closed when its switch ends, when nobody asks for it, or when there is too much of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeptOpen } from '../../src/ports/kept-open.ts';

const MINUTE = 60_000;
const env = {};

interface Thing {
  readonly name: string;
  closed: number;
  close(): Promise<void>;
}

function thing(name: string): Thing {
  const made: Thing = {
    name,
    closed: 0,
    close: async () => {
      made.closed += 1;
    },
  };
  return made;
}

function opener(options = { idleMs: 30 * MINUTE, max: 3 }) {
  const kept = new KeptOpen(options);
  const opened: Thing[] = [];
  const get = (service: string, name = 'port', of: object = env): Promise<Thing> =>
    kept.get({ env: of as NodeJS.ProcessEnv, service }, `${service}/${name}`, async () => {
      const made = thing(`${service}/${name}`);
      opened.push(made);
      return made;
    });
  return { kept, opened, get };
}

void describe('what is kept open (F21)', () => {
  void it('opens once for each key and environment, also when asked many times at once', async () => {
    const { get, opened } = opener();
    const all = await Promise.all([get('a'), get('a'), get('a', 'other'), get('a', 'port', {})]);
    assert.equal(all[0], all[1]);
    assert.equal(opened.length, 3);
  });

  void it('closes a service’s own when its switch ends, and opens anew when asked again', async () => {
    const { get, kept, opened } = opener();
    await Promise.all([get('a'), get('a', 'other'), get('b'), get('a', 'port', {})]);
    await kept.release({ env, service: 'a' });
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1, 1, 0, 0],
    );
    assert.equal(kept.size, 2);
    await get('a');
    assert.equal(opened.length, 5);
  });

  void it('closes everything of an environment when its worker stops', async () => {
    const { get, kept, opened } = opener();
    await Promise.all([get('a'), get('b'), get('a', 'port', {})]);
    await kept.release({ env });
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1, 1, 0],
    );
  });

  void it('closes what nobody asked for, and not what is asked for', async () => {
    const { get, kept, opened } = opener();
    await Promise.all([get('a'), get('b')]);
    kept.sweep(Date.now() + 29 * MINUTE);
    assert.equal(kept.size, 2);
    kept.sweep(Date.now() + 31 * MINUTE);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([kept.size, opened.map(({ closed }) => closed)], [0, [1, 1]]);
  });

  void it('beyond its number closes the longest unused, never one that an activity may be using', async () => {
    const { get, kept } = opener();
    for (const service of ['a', 'b', 'c', 'd', 'e']) await get(service);
    kept.sweep(Date.now() + 10 * MINUTE);
    assert.equal(kept.size, 5, 'an activity may run a quarter of an hour');
    kept.sweep(Date.now() + 17 * MINUTE);
    assert.equal(kept.size, 3);
  });

  void it('keeps no failure, and a broken close breaks nothing', async () => {
    const { kept } = opener();
    const scope = { env, service: 'a' };
    await assert.rejects(kept.get(scope, 'x', () => Promise.reject(new Error('not yet'))));
    const broken = { close: () => Promise.reject(new Error('no')) };
    assert.equal(await kept.get(scope, 'x', async () => broken), broken);
    await kept.release(scope);
    assert.equal(kept.size, 0);
  });
});
