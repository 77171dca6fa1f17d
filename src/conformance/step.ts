/**
 * What every `StepPort` must do. The environment has the step and its undo, and tells what has really changed at the other side.
 * Invariant: a worker may die between an effect and its answer, so whoever is asked again with a key does nothing more.
 */
import assert from 'node:assert/strict';
import type { StepInput, StepPort } from '../ports/index.ts';
import { assertRetry, type Env, suite } from './suite.ts';

export interface StepEnv extends Env {
  /** Does the step; nothing is done at the start. */
  readonly port: StepPort;
  /** The same provider with the options of the undo. */
  readonly undo: StepPort;
  /** What has really changed so far, oldest first. */
  changes(): Promise<readonly ('do' | 'undo')[]>;
  /** The next call takes effect and its answer is lost. */
  loseAnswer?(): void;
  /** True where the other side keeps the keys that were undone: a late try of one is then no effect. */
  readonly keepsKeys?: true;
  /** Makes the next call of `port` hang until it is cancelled. */
  hang?(): void;
}

export const STEP: Omit<StepInput, 'undoes'> = {
  name: 'add-column',
  at: 'frozen',
  switchId: 'run-1',
  service: 'docs',
  from: 'blue',
  to: 'green',
};

const KEY = 'run-1/step/add-column/1';
const AGAIN = 'run-1/step/add-column/2';

export function stepPortSuite(name: string, makeEnv: () => Promise<StepEnv>): void {
  const does = ({ port }: StepEnv, idempotencyKey = KEY) =>
    port.perform({ ...STEP, undoes: null }, { idempotencyKey });
  const undoes = ({ undo }: StepEnv, key = KEY) =>
    undo.perform({ ...STEP, undoes: key }, { idempotencyKey: `${key}/undo` });

  suite(`StepPort: ${name}`, makeEnv, ({ rule, given }) => {
    rule('does it, and says what on one line', async (env) => {
      const { detail } = await does(env);
      assert.ok(detail !== '' && !detail.includes('\n'), detail);
      assert.deepEqual(await env.changes(), ['do']);
    });

    rule('asked again with the same key, it does nothing more', async (env) => {
      await does(env);
      await does(env);
      assert.deepEqual(await env.changes(), ['do']);
    });

    rule('is undone, once', async (env) => {
      await does(env);
      await undoes(env);
      await undoes(env);
      assert.deepEqual(await env.changes(), ['do', 'undo']);
    });

    rule('an undo of what was not done does nothing, and is no failure', async (env) => {
      const { detail } = await undoes(env);
      assert.notEqual(detail, '');
      assert.deepEqual(await env.changes(), []);
    });

    rule('after its undo it is done anew under another key', async (env) => {
      await does(env);
      await undoes(env);
      await does(env, AGAIN);
      assert.deepEqual(await env.changes(), ['do', 'undo', 'do']);
      await undoes(env, AGAIN);
      assert.deepEqual(await env.changes(), ['do', 'undo', 'do', 'undo']);
    });

    given(
      'keepsKeys',
      'a try that comes after its undo, from a worker that stood still, does nothing',
      async (env) => {
        await undoes(env);
        await does(env).catch(() => undefined);
        assert.deepEqual(await env.changes(), []);
      },
    );

    given('loseAnswer', 'an answer that is lost is asked for again, and is one effect', async (env) => {
      env.loseAnswer();
      await does(env).catch(assertRetry);
      await does(env);
      assert.deepEqual(await env.changes(), ['do']);
    });

    given('hang', 'cancellation ends it at once, as cancellation', async (env) => {
      const control = new AbortController();
      env.hang();
      const started = Date.now();
      setTimeout(() => control.abort(new Error('cancelled by the test')), 50);
      await assert.rejects(
        env.port.perform({ ...STEP, undoes: null }, { idempotencyKey: KEY, signal: control.signal }),
        /cancelled by the test/,
      );
      assert.ok(Date.now() - started < 5000, 'does not wait for the other side');
    });
  });
}
