/** Every command by every way an Update can fail: it falls through to the signal, a rollback also to the cancellation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { sendCommand, type CommandAnswer, type Patience } from '../../src/client/command.ts';
import { COMMAND_NAMES, type CommandName } from '../../src/domain/command.ts';
import { RefusedError, UserError } from '../../src/domain/errors.ts';

const PATIENCE: Patience = { answerMs: 60, recordMs: 60, lookMs: 60, graceMs: 60 };

type Call = () => Promise<unknown>;

const never = (): Promise<never> => new Promise(() => undefined);
function fails(reason: Error): Call {
  return async () => {
    throw reason;
  };
}

function grpc(code: number, details: string): Error {
  const cause = Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });
  return new ServiceError('Failed to call the workflow', { cause });
}

/** What the server does with each call, and which were made. */
interface Script {
  readonly update?: Call;
  readonly signal?: Call;
  readonly cancel?: Call;
  /** Temporal's word of the run; null: there is none. */
  readonly status?: string | null;
  /** Of the workflow task that is due. */
  readonly attempt?: number;
}

function scripted(script: Script): { handle: WorkflowHandle; calls: string[]; ids: string[] } {
  const calls: string[] = [];
  const ids: string[] = [];
  const call = (name: string, does: Call | undefined) => (_: unknown, input?: unknown) => {
    calls.push(name);
    const given = (name === 'update' ? (input as { args: [unknown] }).args[0] : input) as {
      commandId?: string;
    };
    if (given?.commandId !== undefined) ids.push(given.commandId);
    return (does ?? (async () => undefined))();
  };
  const { status = 'RUNNING', attempt = 1 } = script;
  const event = {
    workflowTaskFailedEventAttributes: { failure: { message: '[TMPRL1100] Nondeterminism error' } },
  };
  const handle = {
    workflowId: 'cutover/docs',
    client: {
      options: { namespace: 'default' },
      workflowService: { getWorkflowExecutionHistoryReverse: async () => ({ history: { events: [event] } }) },
    },
    executeUpdate: call('update', script.update),
    signal: call('signal', script.signal),
    cancel: call('cancel', script.cancel),
    describe: async () => {
      if (status === null) throw new WorkflowNotFoundError('not found', 'cutover/docs', undefined);
      const raw = { pendingWorkflowTask: { attempt } };
      return { workflowId: 'cutover/docs', runId: 'run-1', status: { name: status }, raw };
    },
  };
  return { handle: handle as unknown as WorkflowHandle, calls, ids };
}

function send(handle: WorkflowHandle, name: CommandName): Promise<CommandAnswer> {
  return sendCommand(handle, name, { by: 'ana', reason: 'because' }, PATIENCE);
}

const LIMIT_OF_UPDATES = grpc(8, 'The limit on the total number of updates has been reached');
const LIMIT_OF_SIGNALS = grpc(3, 'exceeded workflow execution limit for signal events');
const DENIED = grpc(7, 'Request unauthorized.');
const GONE = grpc(14, 'connect ECONNREFUSED 127.0.0.1:7233');
const DEADLINE = grpc(4, 'Deadline exceeded');
const CLOSED = new WorkflowNotFoundError('workflow execution already completed', 'cutover/docs', undefined);
const refusal = new WorkflowUpdateFailedError(
  'failed',
  ApplicationFailure.nonRetryable('not paused', 'Refused'),
);

/** Everything but a refusal and a switch that is over. */
const UPDATE_FAILURES: Readonly<Record<string, Call>> = {
  'no worker answers': never,
  'the call runs into its deadline': fails(new WorkflowUpdateRPCTimeoutOrCancelledError('late')),
  'the workflow task fails': fails(
    grpc(9, 'Unable to perform workflow execution update due to unexpected workflow task failure.'),
  ),
  'the handler breaks': fails(
    new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('x is undefined', 'TypeError')),
  ),
  'the workflow knows no such update': fails(
    new WorkflowUpdateFailedError('failed', new Error('unknown update')),
  ),
  'an update that has no cause': fails(new WorkflowUpdateFailedError('failed', undefined)),
  'all updates are used': fails(LIMIT_OF_UPDATES),
  'updates are denied': fails(DENIED),
  'updates are switched off': fails(grpc(12, 'UpdateWorkflowExecution is disabled')),
  'the network is gone for a moment': fails(GONE),
  'the server breaks': fails(grpc(13, 'internal')),
  'a bug of the SDK': fails(new TypeError('cannot read properties of undefined')),
  'an answer that is none': async () => undefined,
};

for (const name of COMMAND_NAMES) {
  describe(`${name} (F4)`, { concurrency: 20 }, () => {
    it('answered by the switch: no other way is taken (F4)', async () => {
      const { handle, calls } = scripted({ update: async () => 'done' });
      assert.deepEqual(await send(handle, name), { answer: 'done', answered: true, way: 'update' });
      assert.deepEqual(calls, ['update']);
    });

    it('refused by the switch: said in its words, no other way is taken (F4)', async () => {
      const { handle, calls } = scripted({ update: fails(refusal) });
      await assert.rejects(send(handle, name), (error) => {
        assert.ok(error instanceof RefusedError);
        assert.equal(error.message, 'not paused');
        return true;
      });
      assert.deepEqual(calls, ['update']);
    });

    for (const [what, update] of Object.entries(UPDATE_FAILURES)) {
      it(`${what}: recorded by the signal, with the same id (F4)`, async () => {
        const { handle, calls, ids } = scripted({ update });
        const { answer, answered, way } = await send(handle, name);
        assert.deepEqual({ answered, way }, { answered: false, way: 'signal' });
        assert.equal(
          answer,
          `${name} is accepted by signal; no worker answered yet, it takes effect when one runs`,
        );
        assert.deepEqual(calls, ['update', 'signal']);
        assert.equal(new Set(ids).size, 1);
        assert.equal(ids.length, 2);
      });

      it(`${what}, and all signals are used: ${name === 'rollback' ? 'cancelled' : 'refused'} (F4)`, async () => {
        const { handle, calls } = scripted({ update, signal: fails(LIMIT_OF_SIGNALS) });
        if (name === 'rollback') {
          const { answer, answered, way } = await send(handle, name);
          assert.deepEqual({ answered, way }, { answered: false, way: 'cancel' });
          assert.match(answer, /accepted as a cancellation.*limit for signal events.*no worker answered yet/);
          assert.deepEqual(calls, ['update', 'signal', 'cancel']);
        } else {
          await assert.rejects(send(handle, name), (error) => {
            assert.ok(error instanceof RefusedError || error instanceof UserError, String(error));
            assert.match(error.message, /signal: .*limit for signal events/);
            return true;
          });
          assert.deepEqual(calls, ['update', 'signal']);
        }
      });
    }

    it('the task keeps failing: the answer says so, and why (F4)', async () => {
      const { handle } = scripted({ update: never, attempt: 7 });
      const { answer } = await send(handle, name);
      assert.match(answer, /accepted by signal; its workflow task keeps failing \(attempt 7: \[TMPRL1100\]/);
    });

    it('denied by all ways: exit 77 (F4)', async () => {
      const denied = fails(DENIED);
      const { handle } = scripted({ update: denied, signal: denied, cancel: denied });
      await assert.rejects(send(handle, name), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.equal(error.exitCode, 77);
        assert.match(error.message, /nothing changed \(update: .*unauthorized.*; signal: /);
        return true;
      });
    });

    for (const [what, gone] of Object.entries({ gone: fails(GONE), late: fails(DEADLINE), silent: never })) {
      it(`the server is ${what} all the way: exit 69, not known, and the id to repeat it with (F4)`, async () => {
        const startedMs = Date.now();
        const { handle, calls, ids } = scripted({ update: gone, signal: gone, cancel: gone });
        await assert.rejects(send(handle, name), (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.equal(error.exitCode, 69);
          assert.match(error.message, new RegExp(`^it is not known whether ${name} was recorded`));
          assert.equal(error.hint?.includes(`--command-id ${ids[0]}`), true);
          return true;
        });
        assert.deepEqual(calls, ['update', 'signal', ...(name === 'rollback' ? ['cancel'] : [])]);
        assert.ok(Date.now() - startedMs < 5000);
      });
    }

    for (const [status, says] of [
      ['COMPLETED', /^the switch has ended; nothing changed: see `cutover status docs`$/],
      ['TERMINATED', /ended from outside \(terminated, run run-1\).*`cutover recover docs`/],
      ['FAILED', /ended from outside \(failed, .*`cutover recover docs`/],
      ['TIMED_OUT', /ended from outside \(timed_out, .*`cutover recover docs`/],
      [null, /^no switch is running for this service; nothing changed$/],
    ] as const) {
      for (const at of ['update', 'signal'] as const) {
        it(`${status ?? 'no such switch'}, seen by the ${at}: exit 3 and what then (F4)`, async () => {
          const { handle, calls } = scripted({
            status,
            ...(at === 'update' ? { update: fails(CLOSED) } : { update: never, signal: fails(CLOSED) }),
          });
          await assert.rejects(send(handle, name), (error) => {
            assert.ok(error instanceof RefusedError, String(error));
            assert.match(error.message, says);
            return true;
          });
          assert.ok(!calls.includes('cancel'));
        });
      }
    }

    it('a slow worker that answers while we look: its answer, or its refusal (F4)', async () => {
      const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      const slow = scripted({ update: () => after(90).then(() => 'done') });
      assert.deepEqual(await send(slow.handle, name), { answer: 'done', answered: true, way: 'update' });
      const refusing = scripted({ update: () => after(90).then(() => Promise.reject(refusal)) });
      await assert.rejects(send(refusing.handle, name), /not paused/);
    });
  });
}
