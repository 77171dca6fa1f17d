/** Provider `postgres` to a server that speaks TLS, as it asks for by default. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { CHILD } from '../support/stoppable-store.ts';
import { refuses } from '../support/store-calls.ts';
import type { Order, Outcome } from '../support/store-writer-child.ts';
import { createTable, ENV, openStore, refTo } from './postgres-env.ts';

const FIRST = firstConfig('docs');

void it('TLS is believed by an authority that the worker trusts, and by no other', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const made = await runTool(['openssl', ...kind, ...names, '-keyout', key, '-out', certificate], {
    timeoutMs: 30_000,
  });
  assert.ok(made.ok, made.problem);
  const encrypted = await startPostgres(['ssl=on', 'ssl_cert_file=certificate.pem', 'ssl_key_file=key.pem'], {
    'key.pem': await readFile(key, 'utf8'),
    'certificate.pem': await readFile(certificate, 'utf8'),
  });
  t.after(() => encrypted.stop());
  await createTable(encrypted);
  const options = { tls: 'verify' };
  const says = /certificate is not trusted .*NODE_EXTRA_CA_CERTS/;
  await refuses(() => openStore(encrypted, options).read(), 'fatal', says);
  const child = fork(CHILD, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
  });
  const answered = once(child, 'message') as Promise<[Outcome]>;
  child.send({ ref: refTo(encrypted, options), service: 'docs', env: ENV, next: FIRST } satisfies Order);
  assert.deepEqual((await answered)[0], { written: FIRST });
});
