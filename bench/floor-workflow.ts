/** The least a rollback can be: a signal, then one activity that does the same provider write. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

export const go = defineSignal('go');

interface Floor {
  write(service: string): Promise<void>;
}

const { write } = proxyActivities<Floor>({ startToCloseTimeout: '15 seconds', priority: { priorityKey: 1 } });

export async function floor(service: string): Promise<void> {
  let asked = false;
  setHandler(go, () => {
    asked = true;
  });
  await condition(() => asked);
  await write(service);
}
