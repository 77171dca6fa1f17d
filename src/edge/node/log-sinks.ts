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
/** Lines of one POST: about half a megabyte. */
const POST_LINES = 500;
/** A sink that holds a batch for so long is said to be away, ms: longer than a collector may take. */
const SLOW_MS = 10_000;
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

/** Says once when a sink stops taking lines, and once when it takes them again. @param where its name, without secrets. */
export function saying(sink: LogSink, where: string, say: (text: string) => void): LogSink {
  let isAway = false;
  const tell = (fault: string | null): void => {
    if (isAway === (fault !== null)) return;
    isAway = fault !== null;
    say(
      isAway
        ? `log ${where}: lines wait, it does not take them: ${fault}`
        : `log ${where}: it takes lines again`,
    );
  };
  return async (lines) => {
    const timer = setTimeout(() => tell(`no answer in ${SLOW_MS} ms`), SLOW_MS).unref();
    try {
      const taken = await sink(lines);
      tell(taken < lines.length ? 'it took some of them only' : null);
      return taken;
    } catch (cause) {
      tell(faultOf(cause));
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** `fetch` says why it failed in its cause only. */
function faultOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause === undefined ? cause.message : `${cause.message} (${faultOf(cause.cause)})`;
}

/** POST of `application/x-ndjson`. @param headers e.g. an authorization. */
export function httpSink(url: string, headers: Readonly<Record<string, string>>): LogSink {
  return inPieces((lines) =>
    post(url, { ...headers, 'content-type': 'application/x-ndjson' }, `${lines.join('\n')}\n`),
  );
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
  return inPieces(async (lines) => {
    const logRecords = lines.map((line) => ({
      timeUnixNano: `${Date.parse((JSON.parse(line) as { readonly ts: string }).ts)}000000`,
      severityNumber: 9,
      body: { stringValue: line },
    }));
    const scopeLogs = [{ scope: { name: 'cutover' }, logRecords }];
    const body = JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] });
    await post(url, { ...headers, 'content-type': 'application/json' }, body);
  });
}

/** What waited for a collector that was away is far longer than the body that it takes (nginx: 1 MB): it would be refused for ever. */
function inPieces(send: (lines: readonly string[]) => Promise<void>): LogSink {
  return async (lines) => {
    for (let taken = 0; taken < lines.length; taken += POST_LINES) {
      try {
        await send(lines.slice(taken, taken + POST_LINES));
      } catch (cause) {
        if (taken === 0) throw cause;
        return taken;
      }
    }
    return lines.length;
  };
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  const signal = AbortSignal.timeout(HTTP_TIMEOUT_MS);
  const answer = await fetch(url, { method: 'POST', headers, body, signal });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
}
