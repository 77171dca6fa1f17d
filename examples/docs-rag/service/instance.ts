/**
 * One serverless instance: a worker thread that builds its own index and then answers, one message a question.
 * Starting it is a real cold start, and it blocks nobody but its own callers.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { answerFrom, indexUnder, loadIndex } from './brain.ts';
import type { Answered, Ask, IndexSettings } from './brain.ts';
import type { FaultName } from './faults.ts';

export interface InstanceSettings extends IndexSettings {
  readonly coldExtraMs: number;
  readonly fault: FaultName;
}

/** A question, or word that a fault was switched on. */
export type ToInstance = { readonly id: number; readonly ask: Ask } | { readonly fault: FaultName };
export type FromInstance =
  | { readonly ready: true }
  | { readonly id: number; readonly answered: Answered }
  | { readonly id: number; readonly failed: string };

const settings = workerData as InstanceSettings;
const port = parentPort;
if (port === null) throw new Error('instance.ts runs as a worker thread of the service');

const index = loadIndex(settings);
indexUnder(settings.fault, index);
await wait(settings.coldExtraMs);

port.on('message', (message: ToInstance) => {
  if ('fault' in message) {
    indexUnder(message.fault, index);
    return;
  }
  const { id, ask } = message;
  try {
    port.postMessage({ id, answered: answerFrom(index, ask) } satisfies FromInstance);
  } catch (error) {
    port.postMessage({ id, failed: String(error) } satisfies FromInstance);
  }
});
port.postMessage({ ready: true } satisfies FromInstance);
