import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePorts } from '../../src/dev-server/free-port.ts';

test('ports differ, can be listened on, and are none that the OS hands out by itself', async () => {
  const ports = await freePorts(50);
  assert.equal(new Set(ports).size, 50);
  for (const port of ports) {
    // 32768 is where Linux begins; macOS and Windows begin at 49152.
    assert.ok(port < 32_768, `${port} may be given to anybody who asks for port 0`);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
});
