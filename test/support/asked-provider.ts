/** Asks one provider as `cutover doctor` does, by a table of ways to be wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../src/cli/doctor/check.ts';
import { ask } from '../../src/cli/doctor/provider-checks.ts';
import type { ReadPort } from '../../src/cli/provider-reads.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import { closePorts } from '../../src/providers/open.ts';
import { scopeOf } from '../../src/providers/service-env.ts';
import { scriptedPlan } from './plans.ts';

export interface Way {
  readonly what: string;
  readonly ref: ProviderRef;
  readonly env?: Readonly<Record<string, string>>;
  readonly state: Check['state'];
  readonly says: RegExp;
}

/** @param at where the router and both colors are; left out, nothing listens there */
export async function asked(
  port: ReadPort,
  ref: ProviderRef,
  env: Readonly<Record<string, string>> = {},
  at = 'http://127.0.0.1:1',
): Promise<Check> {
  const whole = await scriptedPlan('docs');
  const plan = {
    ...whole,
    entry: [{ region: 'eu', url: at }],
    colors: { blue: { ...whole.colors.blue, url: at }, green: { ...whole.colors.green, url: at } },
  };
  const scope = scopeOf(plan, env);
  try {
    return await ask(port, ref, { plan, scope, refs: {}, signal: AbortSignal.timeout(60_000) });
  } finally {
    await closePorts(scope);
  }
}

/** Each way has its state, its words, and something to do where it is wrong; no secret is in them. */
export function saysEach(
  port: ReadPort,
  ways: () => Promise<readonly Way[]>,
  names: readonly string[],
): void {
  for (const name of names) {
    test(`${port}: ${name}`, async () => {
      const way = (await ways()).find(({ what }) => what === name);
      assert.ok(way !== undefined, name);
      const check = await asked(port, way.ref, way.env);
      assert.equal(check.state, way.state, JSON.stringify(check));
      assert.match(check.detail, way.says);
      assert.equal(check.todo === null, way.state === 'ok', JSON.stringify(check));
      for (const secret of Object.values(way.env ?? {}))
        if (secret.length > 8) assert.ok(!JSON.stringify(check).includes(secret), JSON.stringify(check));
    });
  }
}
