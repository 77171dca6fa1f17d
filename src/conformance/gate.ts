/**
 * What every `CustomGatePort` must do. The environment makes the other side say things; the port turns them into verdicts.
 * Invariant: a pass is only ever what the other side said or measured; silence and nonsense never become one.
 */
import assert from 'node:assert/strict';
import type { CustomResult } from '../domain/look-input.ts';
import type { CustomGatePort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export type Question = Parameters<CustomGatePort['judge']>[0];

export interface CustomGateEnv extends Env {
  readonly port: CustomGatePort;
  /** Options of a gate that meets the situation at the other side; null where there is none such. `good` and `bad` there always are. */
  options(situation: Situation): Promise<Readonly<Record<string, unknown>> | null>;
  /** A real secret that the port's environment has as `GATE_SECRET`. Absent: the gate takes no `headers`, so no secret goes out. */
  readonly secret?: string;
  /** Header `authorization` that the other side saw last; null when it cannot tell. */
  seenAuthorization?(): string | null;
}

export type Situation = 'good' | 'bad' | 'no-data' | 'too-few' | 'broken' | 'nonsense' | 'gone' | 'hangs';

export const QUESTION: Omit<Question, 'options'> = {
  name: 'mine',
  switchId: 'run-1',
  step: 'ramp 25 %',
  from: 'blue',
  to: 'green',
  windowFromMs: Date.now() - 60_000,
  windowToMs: Date.now(),
};

export function customGatePortSuite(name: string, makeEnv: () => Promise<CustomGateEnv>): void {
  const ask = async (
    env: CustomGateEnv,
    situation: Situation,
    more: object = {},
  ): Promise<CustomResult | null> => {
    const options = await env.options(situation);
    if (options === null) return null;
    const input = { ...QUESTION, windowToMs: Date.now(), options: { ...options, ...more } };
    return env.port.judge(input, { idempotencyKey: 'run-1/ramp 25 %/mine' });
  };

  suite(`CustomGatePort: ${name}`, makeEnv, ({ rule, given }) => {
    for (const [situation, verdict] of [
      ['good', 'pass'],
      ['bad', 'fail'],
      ['no-data', 'inconclusive'],
      ['too-few', 'inconclusive'],
      ['broken', 'error'],
      ['nonsense', 'error'],
      ['gone', 'error'],
      ['hangs', 'error'],
    ] as const) {
      rule(`${situation} is ${verdict}`, async (env, skip) => {
        const result = await ask(env, situation);
        if (result === null) return skip(`the environment has no options for \`${situation}\``);
        assert.equal(result.verdict, verdict, result.reason);
        assert.equal(result.name, 'mine');
        assert.ok(result.reason.length > 0 && !result.reason.includes('\n'), result.reason);
        for (const value of [result.from, result.to, result.n]) {
          assert.ok(value === null || Number.isFinite(value));
        }
      });
    }

    rule('the same look asked again gives the same answer', async (env) => {
      const input = { ...QUESTION, windowToMs: Date.now(), options: (await env.options('good')) ?? {} };
      const context = { idempotencyKey: 'run-1/ramp 25 %/mine' };
      assert.deepEqual(await env.port.judge(input, context), await env.port.judge(input, context));
    });

    given('secret', 'a secret is sent, and shows in no result', async (env) => {
      const headers = { authorization: 'Bearer ${env:GATE_SECRET}' };
      for (const situation of ['good', 'broken', 'nonsense', 'gone'] as const) {
        const result = await ask(env, situation, { headers });
        assert.ok(!JSON.stringify(result).includes(env.secret), situation);
        const seen = env.seenAuthorization?.() ?? null;
        if (situation === 'good' && seen !== null) assert.equal(seen, `Bearer ${env.secret}`);
      }
    });

    given('secret', 'a variable that is not set is the plan’s mistake, by name', async (env) => {
      const headers = { authorization: '${env:NOT_SET_ANYWHERE}' };
      await assert.rejects(ask(env, 'good', { headers }), { name: 'UserError', message: /NOT_SET_ANYWHERE/ });
    });

    rule('an unknown option is the plan’s mistake, by name', async (env) => {
      await assert.rejects(ask(env, 'good', { treshold: 1 }), { name: 'UserError', message: /treshold/ });
    });

    rule('cancellation ends it at once, as cancellation', async (env, skip) => {
      const control = new AbortController();
      const options = await env.options('hangs');
      if (options === null) return skip('the environment has no options for `hangs`');
      const started = Date.now();
      setTimeout(() => control.abort(new Error('cancelled by the test')), 50);
      await assert.rejects(
        env.port.judge({ ...QUESTION, options }, { idempotencyKey: 'k', signal: control.signal }),
        /cancelled by the test/,
      );
      assert.ok(Date.now() - started < 2400, 'does not wait for the other side');
    });
  });
}
