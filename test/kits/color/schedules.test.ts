/** Whether a color runs its cron jobs now: the Python stub and the reader of the package say the same of every answer of a router. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { firstConfig } from '../../../src/conformance/store.ts';
import { COLORS } from '../../../src/domain/color.ts';
import { EdgeConfigReader, loadFromEdge } from '../../../src/edge/index.ts';

const STUB = fileURLToPath(new URL('../../../kits/color/python', import.meta.url));
const ASK = `import sys, json
sys.path.insert(0, sys.argv[1])
from cutover_color import runs_schedules
print(json.dumps([runs_schedules(color, sys.argv[2], "t0ken", "blue") for color in ("blue", "green")]))`;

const BROKEN = '{"doubt":false,';

const told = (change: object): string =>
  JSON.stringify({ doubt: false, config: firstConfig('docs', { freezeUntilMs: null, ...change }) });
const minute = 60_000;

const ANSWERS: readonly [what: string, status: number, body: string, runs: readonly [boolean, boolean]][] = [
  ['nothing was ever written', 200, '{"doubt":false,"config":null}', [true, false]],
  ['blue is the producer', 200, told({ producer: 'blue' }), [true, false]],
  ['green is the producer', 200, told({ producer: 'green' }), [false, true]],
  ['writes are frozen', 200, told({ producer: 'blue', freezeUntilMs: Date.now() + minute }), [false, false]],
  ['a freeze is over', 200, told({ producer: 'blue', freezeUntilMs: Date.now() - minute }), [true, false]],
  ['the router is in doubt', 200, told({ producer: 'blue' }).replace('false', 'true'), [false, false]],
  ['the token is wrong', 401, '{"error":"no"}', [false, false]],
  ['the router is ill', 503, 'no', [false, false]],
  ['somebody else answers', 200, '<html>', [false, false]],
  ['somebody else answers in JSON', 200, '{"error":"no such page"}', [false, false]],
  ['the answer is nothing', 200, 'null', [false, false]],
  ['no config is told', 200, '{"doubt":false}', [false, false]],
  ['nobody says whether there is doubt', 200, '{"config":null}', [false, false]],
  ['the config is another', 200, '{"doubt":false,"config":{"generation":3}}', [false, false]],
  ['the answer breaks off', 200, BROKEN, [false, false]],
];

for (const [what, status, body, runs] of ANSWERS) {
  void test(`scheduled work when ${what}`, async (t) => {
    const server = createServer(({ url, headers }, response) => {
      const isRight = url === '/__cutover/config' && headers.authorization === 'Bearer t0ken';
      if (body === BROKEN) {
        response.writeHead(200, { 'content-length': 1000 }).write(body, () => response.destroy());
        return;
      }
      response.writeHead(isRight ? status : 400).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const url = `http://127.0.0.1:${portOf(server)}`;
    const reader = new EdgeConfigReader({ load: loadFromEdge({ url, token: 't0ken' }) });
    await reader.refresh();
    assert.deepEqual(
      COLORS.map((color) => reader.runsSchedules(color, 'blue')),
      runs,
    );
    if (spawnSync('python3', ['--version']).status !== 0) return;
    const { stdout } = await promisify(execFile)('python3', ['-B', '-c', ASK, STUB, url]);
    assert.deepEqual(JSON.parse(stdout), runs);
  });
}

void test('scheduled work when the entry sends elsewhere: the token stays here', async (t) => {
  if (spawnSync('python3', ['--version']).status !== 0) return t.skip('no python3');
  const given: (string | undefined)[] = [];
  const elsewhere = createServer(({ headers }, response) => {
    given.push(headers.authorization);
    response.writeHead(401).end();
  });
  const entry = createServer((_, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${portOf(elsewhere)}/login` }).end();
  });
  for (const server of [elsewhere, entry]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
  }
  const url = `http://127.0.0.1:${portOf(entry)}`;
  const reader = new EdgeConfigReader({ load: loadFromEdge({ url, token: 't0ken' }) });
  await reader.refresh();
  assert.equal(reader.runsSchedules('blue', 'blue'), false);
  const { stdout } = await promisify(execFile)('python3', ['-B', '-c', ASK, STUB, url]);
  assert.deepEqual(JSON.parse(stdout), [false, false]);
  assert.deepEqual([...new Set(given)], [undefined]);
});

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}
