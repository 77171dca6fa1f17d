/** What provider `postgres` makes of a row that holds what is not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { refuses, write } from '../support/store-calls.ts';
import { createTable, openStore } from './postgres-env.ts';

const FIRST = firstConfig('docs');
let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

/** Text of SQL, as a string of it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

void describe('a row that holds what is not ours', () => {
  const table = 'hostile';
  before(() => createTable(server, table));
  const json = (change: object): string => JSON.stringify({ ...FIRST, ...change });
  const numbered = (generation: string): string => json({ generation: 'N' }).replace('"N"', generation);

  for (const [what, config, says] of [
    ['null', 'null', /must be an object/],
    ['a list', '[1]', /must be an object/],
    ['deep lists', '['.repeat(2000) + ']'.repeat(2000), /must be an object/],
    ['100 kB', JSON.stringify('x'.repeat(100_000)), /holds 100002 bytes/],
    ['another schema', json({ schema: 2 }), /schema must be 1/],
    ['a float', numbered('1.5'), /generation must be a whole number/],
    ['text as generation', numbered('"1"'), /generation must be a whole number/],
    ['2^53', numbered('9007199254740992'), /generation must be a whole number/],
    ['1e400', numbered('1e400'), /generation must be a whole number/],
    ['-1', numbered('-1'), /generation must be a whole number/],
  ] as const) {
    void it(what, async () => {
      await server.run(`DELETE FROM ${table}; INSERT INTO ${table} VALUES ('docs', ${quoted(config)})`);
      const port = openStore(server, { table });
      const human = /what stands there is not ours.*another `table`, or delete the row/;
      await refuses(() => port.read(), 'human', says, what);
      await refuses(() => port.read(), 'human', human, what);
      for (const generation of [1, 2, Number.MAX_SAFE_INTEGER])
        await refuses(() => write(port, { ...FIRST, generation }), 'human', /not ours/, what);
      const [row] = await server.run(`SELECT config::text AS text FROM ${table}`);
      assert.equal(row?.['text'], config, 'nothing was written');
    });
  }

  void it('NULL, where the column allows it', async () => {
    await server.run('CREATE TABLE emptied (service text PRIMARY KEY, config json)');
    await server.run(`INSERT INTO emptied VALUES ('docs', NULL)`);
    const port = openStore(server, { table: 'emptied' });
    const calls = [() => port.read(), () => port.clock(), () => port.check?.()];
    for (const call of calls) await refuses(call, 'human', /not ours: holds NULL; name another `table`/);
    for (const generation of [1, 2])
      await refuses(() => write(port, { ...FIRST, generation }), 'human', /not ours: holds NULL/);
  });

  void it('the config of another service is never written over', async () => {
    const theirs = json({ service: 'shop' });
    await server.run(`DELETE FROM ${table}; INSERT INTO ${table} VALUES ('docs', ${quoted(theirs)})`);
    for (const generation of [1, 2])
      await refuses(
        () => write(openStore(server, { table }), { ...FIRST, generation }),
        'human',
        /is not the config of docs/,
      );
  });

  void it('what is ours is stored to the last byte, whatever is in it', async () => {
    await server.run(`DELETE FROM ${table}`);
    const odd = firstConfig('docs', {
      writer: `run/"é"\\ 日本 🙂 %s $1 '; DROP TABLE ${table}; --`,
      salt: ` {}[]":,\u2028\\'`,
      weightPercent: 0.001,
    });
    const port = openStore(server, { table });
    assert.deepEqual(await write(port, odd), odd);
    assert.deepEqual(await write(port, odd), odd, 'known as ours');
    await refuses(() => write(port, { ...odd, writer: `${odd.writer} ` }), 'reread', /lost/);
    const next: EdgeConfig = nextEdgeConfig(odd, {}, 'run/2');
    assert.deepEqual(await write(port, next), next);
  });
});
