/**
 * What all suites have in common: each rule gets an environment of its own, which is closed whatever happens; what the environment
 * cannot show is skipped aloud; and the port keeps what every port must keep as it closes.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../domain/errors.ts';
import type { Closable } from '../ports/index.ts';

/** What every environment has: a port in a fresh world, and the end of that world. */
export interface Env {
  readonly port: Closable;
  /** Ends what the environment started. The suite has called the port's own `close` before, and may have done so twice. */
  close(): Promise<void>;
}

/** The environment where optional members are there. */
export type Having<E, K extends keyof E> = E & { readonly [P in K]-?: NonNullable<E[P]> };

/** A write that hangs, as one of a worker that the machine has put to sleep. */
export interface StoppedWriter {
  /** Resolves when the write hangs. */
  readonly stopped: Promise<void>;
  goOn(): void;
}

/** Says why a rule is not asked of this port. */
export type Skip = (why: string) => void;

export interface Rules<E extends Env> {
  /** A rule for every port. */
  readonly rule: (title: string, body: (env: E, skip: Skip) => Promise<void>) => void;
  /** A rule that only an environment with this optional member can show; another one skips it and says so. */
  readonly given: <K extends keyof E & string>(
    member: K,
    title: string,
    body: (env: Having<E, K>, skip: Skip) => Promise<void>,
  ) => void;
}

/** How long handles may take to go after everything was closed, ms. */
const GONE_MS = 5000;

/** Registers a suite with `node:test`. */
export function suite<E extends Env>(
  title: string,
  makeEnv: () => Promise<E>,
  rules: (register: Rules<E>) => void,
): void {
  const rule: Rules<E>['rule'] = (title, body) => {
    void it(title, async (t) => {
      const env = await makeEnv();
      try {
        await body(env, (why) => t.skip(why));
      } finally {
        await closeAll(env);
      }
    });
  };
  void describe(title, () => {
    let openBefore: ReadonlyMap<string, number> = new Map();
    before(() => {
      openBefore = openHandles();
    });
    rules({
      rule,
      given: (member, title, body) => {
        rule(title, async (env, skip) => {
          if (has(env, member)) await body(env, skip);
          else skip(`the environment offers no \`${member}\``);
        });
      },
    });
    rule('may be closed twice, at once and again, also when nothing was asked of it', async ({ port }) => {
      await Promise.all([port.close?.(), port.close?.()]);
      await port.close?.();
    });
    // The last rule: it looks back at all others.
    void it('leaves no timer, connection or process behind, and no promise that breaks later', async () => {
      const deadline = Date.now() + GONE_MS;
      let left = grown(openBefore);
      while (left.length > 0 && Date.now() < deadline) {
        await sleep(20);
        left = grown(openBefore);
      }
      assert.deepEqual(left, [], 'still open after every port and every environment was closed');
    });
  });
}

function has<E, K extends keyof E>(env: E, member: K): env is Having<E, K> {
  return (env[member] ?? null) !== null;
}

/** A call that broke off may be repeated. */
export function assertRetry(error: unknown): void {
  assert.ok(error instanceof ProviderError && error.kind === 'retry', String(error));
}

/** Whether a write was refused because a newer one stands; any other failure is one of the rule. */
export function isRefusedAsOld(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => false,
    (error: unknown) => {
      assert.ok(error instanceof ProviderError && error.kind === 'reread', String(error));
      return true;
    },
  );
}

async function closeAll(env: Env): Promise<void> {
  try {
    await env.port.close?.();
  } finally {
    await env.close();
  }
}

/** What keeps the process alive now, counted by kind. */
function openHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function grown(since: ReadonlyMap<string, number>): string[] {
  return [...openHandles()]
    .filter(([kind, count]) => count > (since.get(kind) ?? 0))
    .map(([kind, count]) => `${count - (since.get(kind) ?? 0)} more of ${kind}`);
}
