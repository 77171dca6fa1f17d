/**
 * One serverless instance: a worker thread that builds its own index and then answers, one message a question.
 * Starting it is a real cold start, and it blocks nobody but its own callers.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { answerFrom, loadIndex } from './brain.ts';
import type { Answered, Ask, IndexSettings } from './brain.ts';

export interface InstanceSettings extends IndexSettings {
  readonly coldExtraMs: number;
}

export type ToInstance = { readonly id: number; readonly ask: Ask };
export type FromInstance =
  | { readonly ready: true }
  | { readonly id: number; readonly answered: Answered }
  | { readonly id: number; readonly failed: string };

const settings = workerData as InstanceSettings;
const port = parentPort;
if (port === null) throw new Error('instance.ts runs as a worker thread of the service');

const index = loadIndex(settings);
await wait(settings.coldExtraMs);

port.on('message', ({ id, ask }: ToInstance) => {
  try {
    port.postMessage({ id, answered: answerFrom(index, ask) } satisfies FromInstance);
  } catch (error) {
    port.postMessage({ id, failed: String(error) } satisfies FromInstance);
  }
});
port.postMessage({ ready: true } satisfies FromInstance);
