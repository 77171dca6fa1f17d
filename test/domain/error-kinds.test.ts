/** The names of errors: every one that probes and router give is in the list, and a plan that allows another is warned. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { ERROR_KINDS, isKnownClass } from '../../src/domain/error-kinds.ts';
import { loadText, MINIMAL } from '../plan/support.ts';

const SRC = new URL('../../src/', import.meta.url);

it('every class that probes and router give is known, and no other is (D8)', () => {
  const folders = ['probes/', 'edge/', 'domain/streams/'].flatMap((folder) =>
    readdirSync(new URL(folder, SRC), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => folder + name),
  );
  const files = [...folders, 'domain/request-line.ts'].map((name) => new URL(name, SRC));
  const given = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/['`]((?:connect|tls|headers|body|parse):[a-z_]+)/g)].map(
      ([, name = '']) => name,
    ),
  );
  // `http_`, `deadline` and what a connection failed by are put together.
  const whole = given.filter((name) => name !== 'headers:http_');
  assert.ok(whole.length > 30, String(whole.length));
  assert.deepEqual(
    whole.filter((name) => !isKnownClass(name)),
    [],
  );
  const composed = /^connect:|deadline|http_\dxx/;
  assert.deepEqual(
    ERROR_KINDS.filter((name) => !composed.test(name) && !whole.includes(name)),
    [],
  );
});

it('a code must fit its kind', () => {
  for (const name of [
    'headers:http_4xx:429',
    'headers:http_5xx:503',
    'body:error_event:overloaded',
    'tool:any',
    'schema:a:/b',
  ])
    assert.ok(isKnownClass(name), name);
  for (const name of [
    'headers:status:429',
    'headers:http_4xx:503',
    'headers:http_4xx',
    'body:closed',
    'client:closed',
  ])
    assert.ok(!isKnownClass(name), name);
});

it('allowing what nothing is called is warned of, with the name that was meant (D8)', async () => {
  const given = ['headers:status:429', 'body:truncated_steam', 'body:stalled', 'body:mine'];
  const { plan, warnings } = await loadText(`${MINIMAL}allowErrors: ${JSON.stringify(given)}\n`);
  assert.deepEqual(plan.allowErrors, given, 'logs of one’s own may have other classes');
  assert.deepEqual(
    warnings.filter(({ path }) => path[0] === 'allowErrors').map(({ path, fix }) => [path.join('.'), fix]),
    [
      ['allowErrors.0', 'did you mean headers:http_4xx:429?'],
      ['allowErrors.1', 'did you mean body:truncated_stream?'],
      ['allowErrors.3', 'the classes stand in docs/connect-a-service.md'],
    ],
  );
});

it('the preset for chat completions asks for a stream and reads it, when the plan says so (D7)', async () => {
  const { plan } = await loadText(
    `${MINIMAL}probes: { set: ./probes, request: { preset: openai-chat, stream: true } }\n`,
  );
  assert.equal((plan.probes.request.body as { stream: boolean }).stream, true);
  assert.equal(plan.probes.response.answer, '$.answer');
});

it('a rate and dialects of one’s own arrive in the plan (B5, D8)', async () => {
  const { plan } = await loadText(
    `${MINIMAL}probes: { set: ./probes, rate: 2.5, dialects: [{ name: acme, when: [/kind], text: [/w], end: ['event:bye'] }] }\n`,
  );
  assert.equal(plan.probes.rate, 2.5);
  assert.deepEqual(plan.probes.dialects, [
    { name: 'acme', when: ['/kind'], text: ['/w'], end: ['event:bye'] },
  ]);
  for (const wrong of ['{ name: x, when: [] }', '{ when: [/a] }', '{ name: x, when: [/a], text: [a] }']) {
    await assert.rejects(loadText(`${MINIMAL}probes: { set: ./probes, dialects: [${wrong}] }\n`), wrong);
  }
});
