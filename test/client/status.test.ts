/** What is read of a switch: through the client's own data converter, bounded in time, and without awaiting anybody's result. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { encode, encodeFailure } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { listSwitches, readStatus } from '../../src/client/status.ts';

/** Turns every byte around: nothing of it is JSON on the wire. */
const codec = {
  encode: async (payloads: Payload[]) =>
    payloads.map((one) => ({
      metadata: { encoding: Buffer.from('turned') },
      data: turn(JSON.stringify(both(one))),
    })),
  decode: async (payloads: Payload[]) =>
    payloads.map((one) => {
      const { metadata, data } = JSON.parse(turn(Buffer.from(one.data ?? []).toString()).toString()) as {
        metadata: string;
        data: string;
      };
      return { metadata: { encoding: Buffer.from(metadata) }, data: Buffer.from(data) };
    }),
};
const turn = (text: string): Buffer => Buffer.from(Uint8Array.from(Buffer.from(text)).toReversed());
const both = ({ metadata, data }: Payload): object => ({
  metadata: Buffer.from(metadata?.['encoding'] ?? []).toString(),
  data: Buffer.from(data ?? []).toString(),
});

const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload<unknown>(value);

function clientOf(pendingActivities: readonly object[], payloadCodecs: object[]): Client {
  const described = {
    workflowId: 'cutover/docs',
    runId: 'run-1',
    status: { name: 'RUNNING' },
    raw: { pendingActivities, pendingWorkflowTask: null },
  };
  return {
    options: {
      namespace: 'default',
      loadedDataConverter: {
        payloadConverter: defaultPayloadConverter,
        failureConverter: defaultFailureConverter,
        payloadCodecs,
      },
    },
    workflowService: {},
    workflow: {
      getHandle: () => ({
        describe: async () => described,
        query: async () => {
          throw new Error('no worker');
        },
      }),
    },
  } as unknown as Client;
}

const LOOK = {
  verdict: 'pass',
  look: { index: 2, planned: 4, final: false },
  gates: [],
  evidence: 'e',
} as const;

describe('status with a payload codec (A19)', () => {
  for (const [what, codecs] of [
    ['without a codec', []],
    ['with one', [codec]],
  ] as const) {
    it(`the last look and the failures of activities, ${what} (A19)`, async () => {
      const details = await encode([...codecs], [payload({ last: LOOK })]);
      const lastFailure = await encodeFailure([...codecs], {
        message: 'Encoded failure',
        encodedAttributes: payload({ message: 'telemetry: ECONNREFUSED', stack_trace: '' }),
      });
      const pending = {
        activityType: { name: 'watchGates' },
        attempt: 3,
        heartbeatDetails: { payloads: details },
        lastFailure,
      };
      const status = await readStatus(clientOf([pending], [...codecs]), 'docs');
      assert.deepEqual(status.live, LOOK);
      assert.deepEqual(status.trouble, [
        { activity: 'watchGates', attempt: 3, failure: 'telemetry: ECONNREFUSED' },
      ]);
    });
  }

  it('payloads that this client cannot read: no look, and no error (A19)', async () => {
    const details = await codec.encode([payload({ last: LOOK })]);
    const pending = { activityType: { name: 'watchGates' }, heartbeatDetails: { payloads: details } };
    assert.equal((await readStatus(clientOf([pending], []), 'docs')).live, null);
  });
});

describe('list (A19)', () => {
  it('takes outcomes from search attributes: no result is awaited (A19)', async () => {
    const asked: string[] = [];
    const run = (service: string, name: string, outcome?: string): object => ({
      workflowId: `cutover/${service}`,
      runId: `run-${service}`,
      status: { name },
      startTime: new Date(0),
      closeTime: undefined,
      memo: { startedBy: 'ana' },
      searchAttributes: outcome === undefined ? {} : { CutoverOutcome: [outcome] },
    });
    const client = {
      workflow: {
        async *list({ query }: { query: string }) {
          asked.push(query);
          yield run('a', 'COMPLETED', 'rolled-back');
          yield run('b', 'RUNNING');
          yield run('c', 'COMPLETED');
        },
        getHandle: () => assert.fail('nobody may be asked one by one'),
      },
    } as unknown as Client;
    const outcomes = (await listSwitches(client)).map(({ service, outcome }) => [service, outcome]);
    assert.deepEqual(outcomes, [
      ['a', 'rolled-back'],
      ['b', null],
      ['c', null],
    ]);
    await listSwitches(client, 1, { open: true });
    assert.match(asked[1] ?? '', /ExecutionStatus = 'Running'/);
  });
});
