/** What a past switch planned is read from its history, so that no worker need be alive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { readRun } from '../../src/client/recover.ts';
import { scriptedPlan } from '../support/plans.ts';

const plan = await scriptedPlan('docs');

function clientOf(started: object | null): Client {
  const described = {
    runId: 'run-3',
    status: { name: 'COMPLETED' },
    taskQueue: 'cutover',
    closeTime: new Date(0),
  };
  return {
    options: {
      namespace: 'default',
      loadedDataConverter: {
        payloadConverter: defaultPayloadConverter,
        failureConverter: defaultFailureConverter,
        payloadCodecs: [],
      },
    },
    workflowService: {
      getWorkflowExecutionHistory: async () => ({
        history: { events: [{ workflowExecutionStartedEventAttributes: started }] },
      }),
    },
    workflow: {
      getHandle: () => ({
        describe: async () => {
          if (started === null) throw new WorkflowNotFoundError('none', 'cutover/docs', undefined);
          return described;
        },
      }),
    },
  } as unknown as Client;
}

describe('a past switch', () => {
  it('is known by its first run, however often it continued as new, and by its plan', async () => {
    const input = { plan, planDigest: 'p', startedBy: 'ana', searchAttributes: false };
    const payloads = [defaultPayloadConverter.toPayload<unknown>(input)];
    const found = await readRun(clientOf({ input: { payloads }, firstExecutionRunId: 'run-1' }), 'docs');
    assert.deepEqual([found?.switchId, found?.runId, found?.execution], ['run-1', 'run-3', 'COMPLETED']);
    assert.deepEqual(found?.plan, plan);
  });

  it('is none where the run is not there, or was started without a plan', async () => {
    assert.equal(await readRun(clientOf(null), 'docs', 'run-9'), null);
    assert.equal(await readRun(clientOf({ input: { payloads: [] } }), 'docs'), null);
  });
});
