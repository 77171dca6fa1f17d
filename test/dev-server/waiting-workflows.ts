/** Workflows that only wait, for time-skipping.test.ts. */
import { condition, defineSignal, defineUpdate, setHandler, sleep } from '@temporalio/workflow';

export const approve = defineSignal('approve');
export const admit = defineUpdate<string>('admit');

/** Sleeps `ms` and returns how long that took by the workflow's clock, in milliseconds. */
export async function sleeper(ms: number): Promise<number> {
  setHandler(admit, () => 'admitted');
  const start = Date.now();
  await sleep(ms);
  return Date.now() - start;
}

/** Waits for `approve`, at most `ms`; returns who won and when, in milliseconds since its start. */
export async function gate(ms: number): Promise<{ approved: boolean; atMs: number }> {
  let approved = false;
  setHandler(approve, () => {
    approved = true;
  });
  const start = Date.now();
  await condition(() => approved, ms);
  return { approved, atMs: Date.now() - start };
}
