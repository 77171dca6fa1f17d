/** The Python stub by its table, as ASGI, under uvicorn. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { uvicornFolder } from '../../support/uvicorn.ts';
import { runCases } from './cases.ts';
import { PythonServer } from './python-server.ts';

const server = new PythonServer();
before(async () => server.start('asgi', await uvicornFolder()));
after(() => server.stop());

runCases('Python, ASGI', (at) => server.open(at));

it('lets the life span of the service through', async () => {
  assert.equal(await server.said(0, '/__started'), 1);
});
