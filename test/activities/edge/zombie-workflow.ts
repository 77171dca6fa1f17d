import { proxyActivities } from '@temporalio/workflow';

interface Writes {
  write(): Promise<string>;
}

const { write } = proxyActivities<Writes>({
  startToCloseTimeout: '15 seconds',
  heartbeatTimeout: '1 second',
  retry: { initialInterval: '100ms', maximumAttempts: 6 },
});

export function zombie(): Promise<string> {
  return write();
}
