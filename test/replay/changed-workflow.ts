/** A `switchover` that does one thing more than the real one: histories must not replay on it. */
import { sleep } from '@temporalio/workflow';
import { switchover as real } from '../../src/workflows/switchover.ts';

export async function switchover(input: Parameters<typeof real>[0]): ReturnType<typeof real> {
  await sleep(1);
  return real(input);
}
