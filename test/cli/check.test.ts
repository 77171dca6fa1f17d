/** `cutover check` against colors over HTTP: what a sound one is told, and each fault with what to do. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { check } from '../../src/cli/commands/check.ts';
import { healthContract } from '../../src/conformance/color.ts';
import { UserError } from '../../src/domain/errors.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { serve, type Asked, type Reply } from '../providers/http-server.ts';
import { runCommand } from './run-command.ts';

const { service, color, release, ok, index } = healthContract();
const SMALLEST = { service, color, release, ok, index };
const HIT = { snippet_id: 's1', section_id: 'a', text: 'Thirty days.', offsets: { start: 0, end: 12 } };

/** Refuses as the router says, as a service with a guard does. */
function guarded({ headers }: Asked): Reply {
  const refuse = (status: number, word: string): Reply => ({ status, headers: { 'x-cutover-write': word } });
  if (headers['x-cutover-kind'] === 'shadow') return refuse(409, 'shadow');
  if (headers['x-cutover-writes'] !== 'open') return refuse(409, 'late');
  if (Number(headers['x-cutover-freeze-until'] ?? 0) > Date.now()) return refuse(503, 'frozen');
  return { status: 201 };
}

const SOUND: Readonly<Record<string, (asked: Asked) => Reply>> = {
  'GET /.well-known/cutover': () => ({ body: JSON.stringify(healthContract()) }),
  'POST /.well-known/cutover/retire': ({ headers }) => ({
    status: headers.authorization === 'Bearer t0ken' ? 202 : 401,
  }),
  'GET /.well-known/cutover/warm': () => ({ body: '{}' }),
  'POST /v1/answer': () => ({
    body: JSON.stringify({ answer: 'Thirty days.', citations: [{ section_id: 'a' }], retrieved: [HIT] }),
  }),
  'POST /notes': guarded,
};

interface Said {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly todo: string | null;
}

void describe('cutover check', () => {
  const servers: Awaited<ReturnType<typeof serve>>[] = [];
  after(() => Promise.all(servers.map((one) => one.close())));

  const checked = async (
    change: Readonly<Record<string, (asked: Asked) => Reply>> = {},
    ...words: string[]
  ): Promise<{ code: number; checks: readonly Said[]; asked: readonly Asked[] }> => {
    const routes: typeof SOUND = { ...SOUND, ...change };
    const server = await serve(
      (asked) => routes[`${asked.method} ${asked.path}`]?.(asked) ?? { status: 404 },
    );
    servers.push(server);
    const run = await runCommand(check, [
      server.url,
      '--write',
      'POST /notes {"text":"x"}',
      '--json',
      ...words,
    ]);
    const { checks } = run.document as { checks: readonly Said[] };
    return { code: run.code, checks, asked: server.asked };
  };
  const named = (checks: readonly Said[], name: string): Said => {
    const found = checks.find((one) => one.name === name);
    assert.ok(found !== undefined, `${name} among ${checks.map((one) => one.name).join(', ')}`);
    return found;
  };

  void test('finds nothing wrong with a sound color, and asks all of it', async () => {
    const { code, checks } = await checked();
    assert.deepEqual(
      checks.map(({ name, state }) => `${state} ${name}`),
      [
        'ok health',
        'ok schedules',
        'ok tools',
        'ok memory prefix',
        'ok retire refused',
        'ok warm',
        'ok answer',
        'ok write: this color is read-only',
        'ok write: writes are frozen',
        'ok write: it is a shadow request',
      ],
    );
    assert.equal(code, 0);
    assert.equal(named(checks, 'schedules').detail, 'nightly on');
  });

  void test('passes the smallest color, and says what each missing part costs', async () => {
    const only: typeof SOUND = {
      ...SOUND,
      'GET /.well-known/cutover': () => ({ body: JSON.stringify(SMALLEST) }),
    };
    const server = await serve((asked) =>
      asked.path.endsWith('/warm') || asked.path.endsWith('/retire')
        ? { status: 404 }
        : (only[`${asked.method} ${asked.path}`]?.(asked) ?? { status: 404 }),
    );
    servers.push(server);
    const { code, lines } = await runCommand(check, [server.url]);
    const said = lines.join(' ').replaceAll(/\s+/g, ' ');
    assert.equal(code, 0, said);
    assert.match(said, /blue does not tell env, secrets, region, cachePrefix/);
    assert.match(said, /blue does not tell its capacity/);
    assert.match(said, /no retire route \(HTTP 404\): decommission ends with an instruction to a person/);
    assert.match(said, /\/\.well-known\/cutover\/warm answers HTTP 404/);
    assert.match(said, /write modes not asked: no write was named/);
  });

  const FAULTS: readonly {
    readonly what: string;
    readonly change: typeof SOUND;
    readonly name: string;
    readonly says: RegExp;
    readonly todo: RegExp;
  }[] = [
    {
      what: 'is not well',
      change: { 'GET /.well-known/cutover': () => ({ body: JSON.stringify(healthContract({ ok: false })) }) },
      name: 'health',
      says: /blue says it is not well/,
      todo: /mend the color/,
    },
    {
      what: 'lacks a required field',
      change: {
        'GET /.well-known/cutover': () => ({ body: JSON.stringify({ ...SMALLEST, release: undefined }) }),
      },
      name: 'health',
      says: /release is missing/,
      todo: /well-known/,
    },
    {
      what: 'lets anybody end it',
      change: { 'POST /.well-known/cutover/retire': () => ({ status: 202 }) },
      name: 'retire refused',
      says: /HTTP 202 without a token: anybody can end this color/,
      todo: /401/,
    },
    {
      what: 'takes the token "undefined", since none is configured',
      change: {
        'POST /.well-known/cutover/retire': ({ headers }) => ({
          status: headers.authorization === 'Bearer undefined' ? 202 : 401,
        }),
      },
      name: 'retire refused',
      says: /HTTP 202 with the token "undefined"/,
      todo: /always/,
    },
    {
      what: 'hides its end from those without a token, and takes a wrong one',
      change: {
        'POST /.well-known/cutover/retire': ({ headers }) => ({
          status: headers.authorization === undefined ? 404 : 202,
        }),
      },
      name: 'retire refused',
      says: /HTTP 202 with a wrong token: anybody can end this color/,
      todo: /see whether it still runs/,
    },
    {
      what: 'fails where it should refuse its end',
      change: { 'POST /.well-known/cutover/retire': () => ({ status: 500 }) },
      name: 'retire refused',
      says: /^answers HTTP 500 without a token: that is no refusal$/,
      todo: /401/,
    },
    ...(
      [
        ['POST /.well-known/cutover/retire', 'retire refused', /401/],
        ['GET /.well-known/cutover/warm', 'warm', /2xx/],
        ['POST /notes', 'write: writes are frozen', /guard each write/],
      ] as const
    ).map(([route, name, todo]) => ({
      what: `hangs up at ${route}`,
      change: { [route]: () => ({ hangUp: true }) },
      name,
      says: /gives no answer \(http:.*other side closed\)/,
      todo,
    })),
    {
      what: 'never ends what it says to a retire',
      change: { 'POST /.well-known/cutover/retire': () => ({ status: 401, body: 'x'.repeat(1_100_000) }) },
      name: 'retire refused',
      says: /larger than 1048576 bytes/,
      todo: /401/,
    },
    {
      what: 'fails to warm up',
      change: { 'GET /.well-known/cutover/warm': () => ({ status: 500 }) },
      name: 'warm',
      says: /HTTP 500/,
      todo: /warmup\.provider/,
    },
    {
      what: 'answers in another form',
      change: { 'POST /v1/answer': () => ({ body: '{"output":"Thirty days."}' }) },
      name: 'answer',
      says: /no text at \$\.answer; no source at/,
      todo: /--answer <file>/,
    },
    {
      what: 'wants a key',
      change: { 'POST /v1/answer': () => ({ status: 401 }) },
      name: 'answer',
      says: /lets nobody in: HTTP 401/,
      todo: /--header/,
    },
    {
      what: 'writes whatever the router says',
      change: { 'POST /notes': () => ({ status: 201 }) },
      name: 'write: this color is read-only',
      says: /answers HTTP 201 without x-cutover-write, not 409/,
      todo: /guard each write/,
    },
  ];
  for (const { what, change, name, says, todo } of FAULTS) {
    void test(`a color that ${what}: exit 1, with what to do`, async () => {
      const { code, checks } = await checked(change);
      const said = named(checks, name);
      assert.equal(said.state, 'wrong', said.detail);
      assert.match(said.detail, says);
      assert.match(said.todo ?? '', todo);
      assert.equal(code, 1);
    });
  }

  for (const [route, name] of [
    ['POST /v1/answer', 'answer'],
    ['POST /.well-known/cutover/retire', 'retire refused'],
    ['GET /.well-known/cutover/warm', 'warm'],
    ['POST /notes', 'write: this color is read-only'],
  ] as const) {
    void test(`a kept connection that the color closes once, at ${route}, is no fault of it`, async () => {
      let closed = 0;
      const change = {
        [route]: (asked: Asked): Reply => (closed++ === 0 ? { hangUp: true } : (SOUND[route]?.(asked) ?? {})),
      };
      const { code, checks } = await checked(change);
      const said = named(checks, name);
      assert.equal(said.state, 'ok', said.detail);
      assert.equal(code, 0);
    });
  }

  void test('a warm route that is not there is wrong where a plan has it pinged: preflight refuses that', async () => {
    const routes: typeof SOUND = { ...SOUND, 'GET /.well-known/cutover/warm': () => ({ status: 404 }) };
    const server = await serve(
      (asked) => routes[`${asked.method} ${asked.path}`]?.(asked) ?? { status: 404 },
    );
    servers.push(server);
    const file = path.join(await tempFolder(), 'cutover.yaml');
    const planned = async (rest: string): Promise<string> => {
      const colors = `colors: { blue: { url: ${server.url}, release: r1 }, green: { url: http://127.0.0.1:9, release: r2 } }`;
      await writeFile(
        file,
        `service: docs\nentry: http://127.0.0.1:9\n${colors}\nedge: cloudflare\ntelemetry: { use: duckdb, path: ./edge.ndjson }\nprobes: { set: ${path.resolve('examples/docs-rag/probes')}, embedder: lexical }\n${rest}`,
      );
      // The same address, written another way.
      const words = [`${server.url}/`, '--plan', file, '--question', 'Hm?', '--no-retire', '--json'];
      const { document } = await runCommand(check, words);
      const { color: of, checks } = document as { color: string; checks: readonly Said[] };
      assert.equal(of, 'blue');
      return named(checks, 'warm').state;
    };
    assert.equal(await planned(''), 'wrong');
    assert.equal(await planned('warmup: { provider: none }\n'), 'left');
  });

  void test('a color that says it is the other one than was named is wrong', async () => {
    const blue = JSON.stringify(healthContract({ color: 'blue' }));
    const change = { 'GET /.well-known/cutover': () => ({ body: blue }) };
    const { code, checks } = await checked(change, '--which', 'green');
    assert.match(named(checks, 'color').detail, /it says "blue", and was asked as green/);
    assert.equal(code, 1);
    assert.equal((await checked(change)).code, 0);
  });

  void test('what a contract says of itself gets no line and no color of its own', async () => {
    const release = 'r\n✔ all fine\u001B[31m';
    const server = await serve(() => ({ body: JSON.stringify(healthContract({ release })) }));
    servers.push(server);
    const { lines } = await runCommand(check, [server.url, '--no-retire']);
    assert.ok(!lines.join('\n').includes('\u001B'));
    assert.ok(lines.every((line) => !line.startsWith('✔ all fine')));
  });

  void test('a header that cannot be sent is said before anything is asked', async () => {
    const server = await serve(() => ({ status: 404 }));
    servers.push(server);
    const words = [server.url, '--which', 'green', '--header', 'x-key: ${env:NO_SUCH_KEY}'];
    await assert.rejects(runCommand(check, words), /NO_SUCH_KEY is not set/);
    assert.deepEqual(server.asked, []);
  });

  void test('does not ask for the end of a color that must not be put at risk', async () => {
    const { code, asked } = await checked({}, '--no-retire');
    assert.equal(code, 0);
    assert.ok(asked.every(({ path }) => !path.endsWith('/retire')));
  });

  void test('an address where nothing answers, and words that are wrong, are one clear line, exit 2', async () => {
    const error = await runCommand(check, ['http://127.0.0.1:9']).catch((cause: unknown) => cause);
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, /127\.0\.0\.1:9/);
    assert.equal(error.exitCode, 2);
    await assert.rejects(runCommand(check, []), /the address of the color is missing/);
    await assert.rejects(runCommand(check, ['green']), /"green" is no address of a color/);
    await assert.rejects(
      runCommand(check, ['http://a.example', '--write', 'PUT /x']),
      /--write is not of the form/,
    );
    await assert.rejects(
      runCommand(check, ['http://a.example', '--which', 'red']),
      /--which red is no color/,
    );
  });
});
