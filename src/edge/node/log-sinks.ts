/**
 * Where request lines go: a file, stdout, an HTTP address, or an OTLP collector.
 *
 * Invariant: a line is taken once and whole. A disk that fills up in the middle of a batch may leave a torn line, which is ended, and
 * the line is written again.
 */
import { write } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { LogSink } from '../log-buffer.ts';

const STDOUT = 1;
/** A collector that does not answer in this time is away, ms. */
const HTTP_TIMEOUT_MS = 5000;
const NEWLINE = 10;

const writeTo = promisify(write);

/** Appends to a file that is looked up by its name for each batch: a file that was moved away is written no more. */
export function fileSink(path: string): LogSink {
  const tear = new Tear();
  return async (lines) => {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    try {
      return await tear.write(lines, (bytes, offset) => writeTo(file.fd, bytes, offset));
    } finally {
      await file.close();
    }
  };
}

/** Not `process.stdout`, whose pipe would hold up the whole process while nobody reads it. */
export function stdoutSink(): LogSink {
  const tear = new Tear();
  return (lines) => tear.write(lines, (bytes, offset) => writeTo(STDOUT, bytes, offset));
}

/** Writes of a descriptor, which may take a part only. @internal */
export class Tear {
  #isTorn = false;

  /** @returns how many lines were written whole. */
  async write(
    lines: readonly string[],
    writeFrom: (bytes: Buffer, offset: number) => Promise<{ readonly bytesWritten: number }>,
  ): Promise<number> {
    const bytes = Buffer.from(`${this.#isTorn ? '\n' : ''}${lines.map((line) => `${line}\n`).join('')}`);
    const extra = this.#isTorn ? 1 : 0;
    let at = 0;
    try {
      while (at < bytes.length) at += (await writeFrom(bytes, at)).bytesWritten;
    } catch (cause) {
      if (at === 0) throw cause;
    }
    const written = bytes.subarray(0, at);
    this.#isTorn = written.at(-1) !== NEWLINE;
    let ended = 0;
    for (const byte of written) if (byte === NEWLINE) ended += 1;
    // All of it but its end, which the next batch begins with.
    if (this.#isTorn && bytes[at] === NEWLINE) ended += 1;
    return ended - extra;
  }
}

/**
 * A sink that is still at a batch counts as away: its lines wait in their buffer, which is bounded, and no second write
 * holds another of the few threads that files, names and hashes need too.
 */
export function oneAtATime(sink: LogSink): LogSink {
  let isBusy = false;
  return async (lines) => {
    if (isBusy) throw new Error('it is still at the last batch');
    isBusy = true;
    try {
      return await sink(lines);
    } finally {
      isBusy = false;
    }
  };
}

/** One POST a batch, `application/x-ndjson`. @param headers e.g. an authorization. */
export function httpSink(url: string, headers: Readonly<Record<string, string>>): LogSink {
  return async (lines) => {
    await post(url, { ...headers, 'content-type': 'application/x-ndjson' }, `${lines.join('\n')}\n`);
    return lines.length;
  };
}

/** OTLP over HTTP as JSON: one log record a line, which holds the line as its body. */
export function otlpSink(
  url: string,
  headers: Readonly<Record<string, string>>,
  { service, region }: { readonly service: string; readonly region: string },
): LogSink {
  const attributes = Object.entries({ 'service.name': service, 'cloud.region': region }).map(
    ([key, text]) => ({ key, value: { stringValue: text } }),
  );
  return async (lines) => {
    const logRecords = lines.map((line) => ({
      timeUnixNano: `${Date.parse((JSON.parse(line) as { readonly ts: string }).ts)}000000`,
      severityNumber: 9,
      body: { stringValue: line },
    }));
    const scopeLogs = [{ scope: { name: 'cutover' }, logRecords }];
    const body = JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] });
    await post(url, { ...headers, 'content-type': 'application/json' }, body);
    return lines.length;
  };
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  const signal = AbortSignal.timeout(HTTP_TIMEOUT_MS);
  const answer = await fetch(url, { method: 'POST', headers, body, signal });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
}
