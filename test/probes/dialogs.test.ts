/** Dialogs of two turns, asked of a small service that keeps them by color, together, or under names of its own. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { DialogsPlan, ProbeRequest } from '../../src/domain/plan.ts';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { compileRemembered, createDialogs, type Dialogs } from '../../src/probes/dialogs.ts';
import { compileResponseMap, createSender } from '../../src/probes/index.ts';
import { serve, type Asked } from '../providers/http-server.ts';
import { probe } from './support.ts';

const REQUEST: ProbeRequest = {
  method: 'POST',
  path: '/v1/answer',
  via: 'direct',
  headers: {},
  body: { question: '{{question}}', dialog: '{{dialog}}' },
  stream: false,
};
const SAYS: DialogsPlan = {
  first: { ...REQUEST, body: { question: 'My ticket is {{word}}.', dialog: '{{dialog}}' } },
  second: { ...REQUEST, body: { question: 'What is my ticket?', dialog: '{{dialog}}' } },
  id: null,
  remembered: { at: '$.answer', says: '{{word}}' },
  count: 3,
};

interface Service {
  readonly dialogs: Dialogs;
  readonly asked: readonly Asked[];
}

/** Repeats all that was said in a dialog; one without a name gets one. @param keeps whose dialogs a color finds */
async function service(
  t: TestContext,
  plan: DialogsPlan,
  keeps: 'together' | 'apart',
  status = 200,
): Promise<Service> {
  const kept = new Map<string, string[]>();
  const stack = (color: Color) =>
    serve(({ body }) => {
      const { question, dialog } = JSON.parse(body) as { question: string; dialog?: string };
      const id = dialog ?? `theirs-${kept.size}`;
      const key = keeps === 'apart' ? `${color}/${id}` : id;
      const turns = [...(kept.get(key) ?? []), question];
      kept.set(key, turns);
      const answer = { answer: turns.join(' '), conversation: { id, turn: turns.length } };
      return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
    });
  const [blue, green] = [await stack('blue'), await stack('green')];
  t.after(() => Promise.all([blue.close(), green.close()]));
  const senderAt = (request: ProbeRequest, at: string) =>
    createSender({
      request,
      baseUrls: { blue: blue.url, green: green.url },
      map: compileResponseMap({ ...CONTRACT_MAP, answer: at }),
      check: () => [],
      pin: () => ({}),
      timeoutMs: 10_000,
    });
  const dialogs = createDialogs(plan, [probe('q1'), probe('q2')], senderAt, 2);
  return { dialogs, asked: blue.asked };
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

async function moved({ dialogs }: Service): Promise<readonly (boolean | null)[]> {
  const runs = await dialogs.proceed(await dialogs.begin('blue', signal()), 'green', signal());
  return runs.map(({ remembered }) => remembered);
}

void describe('dialogs', () => {
  void test('that both colors keep together go on, each by a word of its own', async (t) => {
    const one = await service(t, SAYS, 'together');
    assert.deepEqual(await moved(one), [true, true, true]);
    const said = one.asked.map(({ body }) => body);
    assert.equal(new Set(said).size, 3);
    assert.ok(
      said.every((body) =>
        /^\{"question":"My ticket is zx[0-9a-f]{6}\.","dialog":"cutover-[0-9a-f]{12}"\}$/.test(body),
      ),
    );
  });

  void test('that each color keeps for itself are lost where they move, and not where they stay', async (t) => {
    const one = await service(t, SAYS, 'apart');
    assert.deepEqual(await moved(one), [false, false, false]);
    const stayed = await one.dialogs.proceed(await one.dialogs.begin('blue', signal()), 'blue', signal());
    assert.ok(stayed.every(({ remembered }) => remembered === true));
  });

  const theirs: DialogsPlan = {
    ...SAYS,
    first: { ...REQUEST, body: { question: '{{question}}' } },
    second: { ...REQUEST, body: { question: '{{question}}', dialog: '{{dialog}}' } },
    id: '$.conversation.id',
    remembered: { at: '$.conversation.turn', says: '/^2$/' },
  };

  void test('that the service names are continued under that name', async (t) => {
    assert.deepEqual(await moved(await service(t, theirs, 'together')), [true, true, true]);
    assert.deepEqual(await moved(await service(t, theirs, 'apart')), [false, false, false]);
  });

  void test('that the service does not name are not answered, and say why', async (t) => {
    const one = await service(t, { ...theirs, id: '$.session' }, 'together');
    const runs = await one.dialogs.proceed(await one.dialogs.begin('blue', signal()), 'green', signal());
    assert.ok(runs.every(({ remembered }) => remembered === null));
    assert.equal(runs[0]?.error, 'first turn on blue: no dialog is named at $.session');
  });

  void test('whose second turn fails are neither kept nor lost', async (t) => {
    const sound = await service(t, SAYS, 'together');
    const broken = await service(t, SAYS, 'together', 503);
    const runs = await broken.dialogs.proceed(await sound.dialogs.begin('blue', signal()), 'green', signal());
    assert.ok(runs.every(({ remembered }) => remembered === null));
    assert.match(runs[0]?.error ?? '', /^second turn on green: headers:http_5xx:503/);
  });

  void test('what marks a remembered turn', () => {
    const dialog = { id: 'd1', word: 'zx1' };
    assert.ok(compileRemembered('{{word}}')('Your ticket is ZX1.', dialog));
    assert.ok(!compileRemembered('{{word}}')('I do not know.', dialog));
    assert.ok(compileRemembered('{{ dialog }} ')('d1 it is', dialog));
    assert.ok(compileRemembered('/^[2-9]$/')('2', dialog));
    assert.ok(!compileRemembered('/^[2-9]$/')('1', dialog));
    assert.throws(() => compileRemembered('/(/'), UserError);
  });
});
