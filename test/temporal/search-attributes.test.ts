/** No fault of a namespace's search attributes may reach a switch: each is found, at the start, by doctor and in mid-switch. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Client, Connection, ServiceError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { attributeActivities } from '../../src/activities/attributes.ts';
import { attributesCheck } from '../../src/cli/doctor/server-checks.ts';
import {
  findAttributes,
  TYPE_NUMBERS,
  type SearchAttributeType,
} from '../../src/temporal/search-attributes.ts';
import { startSwitch } from '../../src/client/start.ts';
import { CUTOVER_SEARCH_ATTRIBUTES } from '../../src/domain/search-attributes.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import { scriptedPlan } from '../support/plans.ts';
import { testEnv } from '../support/temporal.ts';

type Listed = Readonly<Record<string, number>>;
type Asked = Parameters<typeof findAttributes>[0];

/** A connection whose namespace has these. */
function namespaceWith(listing: () => Promise<Listed>): Asked {
  return {
    withDeadline: <R>(_: number | Date, perform: () => Promise<R>) => perform(),
    operatorService: { listSearchAttributes: async () => ({ customAttributes: await listing() }) },
  } as unknown as Asked;
}

const RIGHT: Listed = Object.fromEntries(
  Object.entries(CUTOVER_SEARCH_ATTRIBUTES).map(([name, type]) => [name, TYPE_NUMBERS[type]]),
);
const NAMES = Object.keys(CUTOVER_SEARCH_ATTRIBUTES);
const TYPES = Object.keys(TYPE_NUMBERS) as SearchAttributeType[];

/** What the activity answers on a worker of this namespace. */
function activity(connection: Asked | null): Promise<boolean> {
  const withAbortSignal = (_: AbortSignal, perform: () => Promise<unknown>): Promise<unknown> => perform();
  const client = { connection, options: { namespace: 'default' }, withAbortSignal } as unknown as Client;
  const environment = new MockActivityEnvironment({}, connection === null ? {} : { client });
  return environment.run(attributeActivities().attributesFit);
}

/** Whether a start sets them: what the workflow is told, and what the start itself carries. */
async function started(connection: Asked): Promise<{ told: boolean; set: boolean }> {
  let seen = { told: false, set: false };
  const client = {
    connection,
    options: { namespace: 'default' },
    workflow: {
      start: async (
        _: string,
        given: { args: [{ searchAttributes: boolean }]; typedSearchAttributes?: object },
      ) => {
        seen = { told: given.args[0].searchAttributes, set: given.typedSearchAttributes !== undefined };
        return {};
      },
    },
  } as unknown as Client;
  await startSwitch(client, { plan: await scriptedPlan('attributes'), planDigest: 'd', by: 'ana' });
  return seen;
}

describe('search attributes of a namespace (A7)', () => {
  it('all there, each of its type: set at the start, fit in mid-switch, green in doctor (A7)', async () => {
    const namespace = namespaceWith(async () => ({ ...RIGHT, SomebodyElses: 2 }));
    assert.deepEqual(await findAttributes(namespace, 'default'), { state: 'ok' });
    assert.equal(await activity(namespace), true);
    assert.deepEqual(await started(namespace), { told: true, set: true });
    assert.equal(attributesCheck(await findAttributes(namespace, 'default')).state, 'ok');
  });

  for (const name of NAMES) {
    it(`${name} missing: found everywhere (A7)`, async () => {
      const { [name]: _, ...rest } = RIGHT;
      const namespace = namespaceWith(async () => rest);
      assert.equal(await activity(namespace), false);
      assert.deepEqual(await started(namespace), { told: false, set: false });
      const check = attributesCheck(await findAttributes(namespace, 'default'));
      assert.equal(check.state, 'wrong');
      assert.match(check.detail, new RegExp(`missing: ${name}`));
      assert.match(check.todo ?? '', new RegExp(`search-attribute create --name ${name} --type`));
    });
    for (const type of TYPES.filter(
      (one) => one !== CUTOVER_SEARCH_ATTRIBUTES[name as keyof typeof CUTOVER_SEARCH_ATTRIBUTES],
    )) {
      it(`${name} of type ${type}: found everywhere (A7)`, async () => {
        const namespace = namespaceWith(async () => ({ ...RIGHT, [name]: TYPE_NUMBERS[type] }));
        assert.equal(await activity(namespace), false);
        assert.deepEqual(await started(namespace), { told: false, set: false });
        const check = attributesCheck(await findAttributes(namespace, 'default'));
        assert.equal(check.state, 'wrong');
        assert.match(check.detail, new RegExp(`${name} is ${type}, not `));
        assert.match(check.todo ?? '', new RegExp(`search-attribute remove --name ${name}, then`));
      });
    }
  }

  const deaf: Readonly<Record<string, () => Promise<Listed>>> = {
    'permission denied': () => Promise.reject(new ServiceError('7 PERMISSION_DENIED: not yours')),
    'a server that is gone': () => Promise.reject(new Error('14 UNAVAILABLE: connect ECONNREFUSED')),
    'no such call': () => Promise.reject(new ServiceError('12 UNIMPLEMENTED: unknown service')),
    'a server that never answers': () => new Promise<never>(() => undefined),
  };
  for (const [what, listing] of Object.entries(deaf)) {
    it(`${what}: not known, so not set, and nothing waits for it (A7)`, async () => {
      const startedMs = Date.now();
      assert.equal(await activity(namespaceWith(listing)), false);
      assert.deepEqual(await started(namespaceWith(listing)), { told: false, set: false });
      assert.ok(Date.now() - startedMs < 10_000);
      const check = attributesCheck(await findAttributes(namespaceWith(listing), 'default', 50));
      assert.equal(check.state, 'unknown');
    });
  }

  it('a worker without a client: false, no error (A7)', async () => {
    assert.equal(await activity(null), false);
  });

  it('asked anew each time: what an administrator changes is seen by the next question (A7)', async () => {
    let listed: Listed = RIGHT;
    const namespace = namespaceWith(async () => listed);
    assert.equal(await activity(namespace), true);
    listed = { ...RIGHT, CutoverWeight: TYPE_NUMBERS.Int };
    assert.equal(await activity(namespace), false);
    listed = RIGHT;
    assert.equal(await activity(namespace), true);
  });
});

describe('a real server whose CutoverWeight is an Int (A7)', () => {
  const closers: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const close of closers.toReversed()) await close();
  });

  it('takes the start, without attributes; a removed one is seen at once (A7)', async () => {
    const env = testEnv();
    const server = await startTemporalServer({
      env,
      headless: true,
      searchAttributes: { CutoverWeight: 'Int' },
    });
    closers.push(() => server.close());
    const connection = await Connection.connect({ address: server.address });
    closers.push(() => connection.close());
    const client = new Client({ connection, namespace: server.namespace });
    const wrong = await findAttributes(connection, server.namespace);
    assert.deepEqual(wrong, {
      state: 'wrong',
      missing: [],
      mistyped: [{ name: 'CutoverWeight', is: 'Int', wanted: 'Double' }],
    });
    const handle = await startSwitch(client, {
      plan: await scriptedPlan('int-weight'),
      planDigest: 'd',
      by: 'ana',
    });
    assert.deepEqual((await handle.describe()).typedSearchAttributes.getAll(), []);
    await connection.operatorService.removeSearchAttributes({
      namespace: server.namespace,
      searchAttributes: ['CutoverOutcome'],
    });
    const gone = await findAttributes(connection, server.namespace);
    assert.deepEqual(gone.state === 'wrong' && gone.missing, ['CutoverOutcome']);
  });
});
