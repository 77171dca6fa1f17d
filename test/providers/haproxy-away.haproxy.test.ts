/** What provider `haproxy` says of a runtime API that is not there, answers half, or is something else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { tcpServer } from '../probes/servers.ts';
import { refuses } from '../support/store-calls.ts';
import { openTraffic } from './haproxy-env.ts';

void describe('haproxy that is not there', () => {
  void it('says where it asked and why nothing came, within its time', async (t) => {
    await refuses(
      () => openTraffic(['/nowhere/admin.sock']).readBack(),
      'retry',
      /^\/nowhere\/admin.sock: there is no such socket/,
    );
    await refuses(() => openTraffic(['127.0.0.1:9']).readBack(), 'retry', /nothing listens there/);
    const silent = new URL(await tcpServer(t, () => undefined)).host;
    await refuses(
      () => openTraffic([silent], { timeoutMs: 200 }).readBack(),
      'retry',
      /no answer within 200 ms/,
    );
  });

  void it('half an answer is no answer, and another server is no HAProxy', async (t) => {
    for (const [answer, kind, says] of [
      ['1\n# be_id be_name\n1 docs', 'retry', /answered 0 of 2 commands/],
      ['1\n# be_id be_name srv_name\n\n', 'retry', /answered 1 of 2 commands/],
      ['HTTP/1.1 400 Bad Request\r\n\r\n', 'retry', /answered 0 of 2 commands/],
    ] as const) {
      const at = new URL(await tcpServer(t, (socket) => void socket.end(answer))).host;
      await refuses(() => openTraffic([at]).readBack(), kind, says, answer);
    }
  });

  void it('a wrong option is the user’s mistake', () => {
    for (const options of [{ backend: 'a; shutdown' }, { green: 'a b' }, { memory: '' }])
      assert.throws(() => openTraffic(['/run/a.sock'], options), UserError);
    for (const socket of ['', 'admin.sock', 'http://host:1', '/a b'])
      assert.throws(() => openTraffic([socket]), UserError, socket);
  });
});
