/** What goes wrong with weights at a HAProxy: lost, refused, ignored, set by others, and read of half an answer. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ProviderErrorKind } from '../../src/domain/errors.ts';
import type { TrafficPort, TrafficReading } from '../../src/ports/index.ts';
import { freePort } from '../probes/servers.ts';
import { startHaproxy, type Config, type HaproxyServer } from '../support/haproxy-server.ts';
import { refuses } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { openTraffic, USERS } from './haproxy-env.ts';
import { Runtime } from '../../src/providers/haproxy/runtime.ts';
import { serversOf } from '../../src/providers/haproxy/state.ts';

async function server(t: TestContext, config: Config = {}): Promise<HaproxyServer> {
  const started = await startHaproxy(config);
  t.after(() => started.stop());
  return started;
}

const set = (port: TrafficPort, weightPercent: number, generation: number): Promise<TrafficReading> =>
  port.apply(
    { from: 'blue', to: 'green', weightPercent, generation },
    { idempotencyKey: `run/${generation}` },
  );

/** Commands of an operator, past our port. */
async function by(hand: HaproxyServer, ...commands: string[]): Promise<readonly string[]> {
  return new Runtime(hand.socket, 5000).ask(undefined, commands);
}

/** By which it works, and those of its configuration. */
async function weights(hand: HaproxyServer): Promise<readonly (readonly number[])[]> {
  const [answer = ''] = await by(hand, 'show servers state docs');
  const servers = serversOf(answer) ?? [];
  assert.equal(servers.length, 2, answer);
  return servers.map(({ weight, configured }) => [weight, configured]);
}

void describe('haproxy', () => {
  void it('a reload forgets the weights and who set them: told as nobody’s, and set again', async (t) => {
    const proxy = await server(t);
    const port = openTraffic([proxy.socket]);
    assert.deepEqual(await set(port, 25, 3), { weightPercent: 25, writer: 'run/3', generation: 3 });
    await proxy.reload();
    assert.deepEqual(await port.readBack(), { weightPercent: 0, writer: null });
    assert.deepEqual(await set(port, 25, 3), { weightPercent: 25, writer: 'run/3', generation: 3 });
  });

  void it('users stay on their color while the weight stands, and nobody goes back as it rises', async (t) => {
    const proxy = await server(t);
    const port = openTraffic([proxy.socket], { sticky: true });
    let before: ReadonlySet<string> = new Set();
    for (const [generation, weight] of [10, 25, 50, 100].entries()) {
      await set(port, weight, generation + 2);
      const answers = await proxy.ask(USERS);
      assert.deepEqual(await proxy.ask(USERS), answers);
      const green = new Set(USERS.filter((_, index) => answers[index] === 'green'));
      assert.deepEqual(
        [...before].filter((user) => !green.has(user)),
        [],
        `back at ${weight} %`,
      );
      before = green;
    }
    assert.equal(before.size, USERS.length);
    await set(port, 0, 9);
    assert.ok((await proxy.ask(USERS)).every((color) => color === 'blue'));
  });

  void it('never leaves both colors without a weight, not even between two commands', async (t) => {
    const proxy = await server(t);
    const between = await tcpProxy(proxy.admin);
    t.after(() => between.close());
    const port = openTraffic([`127.0.0.1:${between.port}`]);
    await set(port, 100, 2);
    await set(port, 0, 3);
    const order = [...between.asked().matchAll(/set server docs\/(\w+) weight (\d+)/g)].map(
      ([, name, to]) => `${name} ${to}`,
    );
    assert.deepEqual(order, ['green 100', 'blue 0', 'blue 100', 'green 0']);
  });

  void it('weights that somebody else set are nobody of ours, and nothing is set over them unseen', async (t) => {
    const proxy = await server(t);
    const port = openTraffic([proxy.socket]);
    await set(port, 25, 3);
    await by(proxy, 'set server docs/green weight 0', 'set server docs/blue weight 100');
    assert.deepEqual(await port.readBack(), { weightPercent: 0 });
    await by(proxy, 'set server docs/blue weight 0');
    await refuses(() => port.readBack(), 'human', /both blue and green have weight 0/);
  });

  for (const [to, color] of [
    [0, 'blue'],
    [100, 'green'],
  ] as const)
    void it(`both colors without a weight are told at once, and a write of ${to} % mends it`, async (t) => {
      const proxy = await server(t);
      const port = openTraffic([proxy.socket]);
      await set(port, 25, 3);
      await by(
        proxy,
        'set server docs/blue state drain',
        'set server docs/blue weight 0',
        'set server docs/green weight 0',
      );
      for (const call of [() => port.readBack(), () => port.check?.()])
        await refuses(call, 'human', /both blue and green have weight 0: it serves nobody/);
      assert.deepEqual(await set(port, to, 4), { weightPercent: to, writer: 'run/4', generation: 4 });
      assert.ok((await proxy.ask(USERS.slice(0, 20))).every((one) => one === color));
    });

  void it('of two HAProxies the one that forgot, or that somebody changed, is shown', async (t) => {
    const [one, other] = [await server(t), await server(t)];
    const port = openTraffic([one.socket, other.socket]);
    assert.equal((await set(port, 25, 3)).weightPercent, 25);
    await other.restart();
    assert.deepEqual(await port.readBack(), { weightPercent: 0, writer: null });
    assert.equal((await set(port, 25, 3)).writer, 'run/3');
    await by(one, 'set server docs/green weight 75');
    assert.deepEqual(await port.readBack(), { weightPercent: 50 });
  });

  void it('one HAProxy that is gone keeps nobody of the others from coming home, and lets nobody go on', async (t) => {
    const proxy = await server(t);
    const [one, both] = [openTraffic([proxy.socket]), openTraffic(['/nowhere/admin.sock', proxy.socket])];
    await set(one, 50, 3);
    await refuses(() => set(both, 100, 4), 'retry', /there is no such socket/);
    assert.equal((await one.readBack()).weightPercent, 50);
    await refuses(() => set(both, 0, 4), 'retry', /there is no such socket/);
    assert.deepEqual(await one.readBack(), { weightPercent: 0, writer: 'run/4', generation: 4 });
  });

  void it('an older write sets none of two, though one has forgotten the newer one', async (t) => {
    const [one, other] = [await server(t), await server(t)];
    const port = openTraffic([one.socket, other.socket]);
    await set(port, 25, 5);
    await one.restart();
    await refuses(() => set(port, 50, 4), 'reread', /generation 4 lost/);
    assert.deepEqual(await port.readBack(), { weightPercent: 0, writer: null });
  });

  void it('sends nobody to a color that is down there, and brings users home to one that was drained', async (t) => {
    const proxy = await server(t);
    const port = openTraffic([proxy.socket]);
    await by(proxy, 'set server docs/green state maint');
    await refuses(() => set(port, 25, 2), 'retry', /green is down or in maintenance there/);
    await by(proxy, 'set server docs/green state ready');
    await set(port, 100, 3);
    await by(proxy, 'set server docs/blue state drain');
    await set(port, 0, 4);
    assert.ok((await proxy.ask(USERS.slice(0, 20))).every((color) => color === 'blue'));
  });

  void it('takes a server back whose check says that it is down only when it is up', async (t) => {
    const at = await freePort();
    const proxy = await server(t, { green: `weight 0 check port ${at} inter 100 fall 1 rise 1` });
    const port = openTraffic([proxy.socket]);
    const isDown = async (): Promise<boolean> =>
      (await by(proxy, 'show servers state docs'))[0]?.includes(' green 127.0.0.1 0 ') ?? false;
    while (!(await isDown()));
    await refuses(() => set(port, 25, 2), 'retry', /green is down/);
    const checked = createServer((socket) => void socket.end()).listen(at, '127.0.0.1');
    t.after(() => checked.close());
    while (await isDown());
    assert.equal((await set(port, 25, 2)).weightPercent, 25);
  });

  const REFUSED: readonly (readonly [
    string,
    Config,
    Readonly<Record<string, unknown>>,
    ProviderErrorKind,
    RegExp,
  ])[] = [
    [
      'a static algorithm',
      { backend: ['balance source'] },
      {},
      'fatal',
      /weights 0 and 100 % only.*hash-type consistent/,
    ],
    [
      'a stick table',
      { backend: ['balance random', 'stick-table type string len 64 size 1k', 'stick on hdr(x-user)'] },
      {},
      'human',
      /has a stick table/,
    ],
    [
      'a cookie',
      { backend: ['cookie C insert'], blue: 'weight 100 cookie b', green: 'weight 0 cookie g' },
      {},
      'human',
      /has a cookie/,
    ],
    [
      'a third server',
      {
        more: [
          'server old 127.0.0.1:9 weight 5',
          'backend cutover',
          'stick-table type string len 500 size 100',
        ],
      },
      {},
      'human',
      /server old of backend docs takes users too/,
    ],
    [
      'a third server behind a backup',
      {
        more: [
          'server spare 127.0.0.1:9 backup',
          'server old 127.0.0.1:9 weight 5',
          'backend cutover',
          'stick-table type string len 500 size 100',
        ],
      },
      {},
      'human',
      /server old of backend docs takes users too/,
    ],
    ['a color that is a backup', { green: 'weight 0 backup' }, {}, 'human', /server green is a backup/],
    [
      'a memory that cuts',
      { more: ['backend cutover', 'stick-table type string len 64 size 100'] },
      {},
      'human',
      /table cutover cuts keys of 500 bytes/,
    ],
    [
      'a memory that forgets',
      { more: ['backend cutover', 'stick-table type string len 500 size 100 expire 1h'] },
      {},
      'human',
      /table cutover forgets keys after a time.*without `expire`/,
    ],
    [
      'requests dealt anew',
      { backend: ['balance roundrobin'] },
      { sticky: true },
      'human',
      /balances by roundrobin/,
    ],
    ['no memory', { more: [] }, {}, 'fatal', /write `backend cutover` and in it `stick-table/],
    ['a level without rights', { level: 'operator' }, {}, 'fatal', /write `level admin`/],
    ['an unknown backend', {}, { backend: 'shop' }, 'fatal', /no such backend/],
    ['an unknown server', {}, { green: 'lime' }, 'fatal', /no such server/],
  ];
  for (const [what, config, options, kind, says] of REFUSED) {
    void it(`${what} is found before a switch`, async (t) => {
      const proxy = await server(t, config);
      await refuses(() => openTraffic([proxy.socket], options).check?.(), kind, says, what);
    });
  }

  void it('a check that finds nothing has moved nobody', async (t) => {
    const proxy = await server(t);
    const port = openTraffic([proxy.socket], { sticky: true });
    const before = await weights(proxy);
    await port.check?.();
    assert.deepEqual(await weights(proxy), before);
    await set(port, 25, 2);
    await port.check?.();
    assert.equal((await port.readBack()).weightPercent, 25);
  });

  void it('half a percent, and what is no percent, is refused before anything is asked', async () => {
    const port = openTraffic(['127.0.0.1:9']);
    for (const weight of [0.5, -1, 101, Number.NaN])
      await refuses(() => set(port, weight, 2), 'fatal', /cannot be set: whole percents/);
  });
});
