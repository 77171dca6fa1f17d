/** The Python stub by its table, as WSGI, on the server of Python's own library. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import { runCases } from './cases.ts';
import { PythonServer, SERVER } from './python-server.ts';

if (spawnSync('python3', ['--version']).status === 0) {
  const server = new PythonServer();
  before(() => server.start('wsgi'));
  after(() => server.stop());

  runCases('Python, WSGI', (at) => server.open(at));

  it('leaves life span and WebSockets to the service', async () => {
    const { stdout } = await promisify(execFile)('python3', ['-B', SERVER, 'scopes']);
    assert.equal(stdout.trim(), 'ok');
  });
} else {
  it('the Python stub', { skip: 'no python3' }, () => undefined);
}
