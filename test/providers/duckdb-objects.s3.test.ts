/** DuckDB telemetry over objects of a real S3 server: each is fetched once, by name and ETag. */
import assert from 'node:assert/strict';
import { createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  BUILT_IN_RULE,
  countedLine,
  countLines,
  limitsOf,
  timeUnits,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { sharedS3, type S3Server } from '../support/s3-server.ts';

const FROM_MS = Date.now() - 600_000;
const QUERY = { service: 'docs', fromMs: FROM_MS, toMs: FROM_MS + 900_000, regions: [] };

function linesFrom(first: number, count: number): string {
  return ndjson(
    Array.from({ length: count }, (_, i) =>
      requestLine({
        ts: new Date(FROM_MS + 1000 * (first + i)).toISOString(),
        user: (first + i).toString(16).padStart(16, '0'),
      }),
    ),
  );
}

void describe('duckdb: objects of a store', () => {
  let s3: S3Server;
  let env: Record<string, string>;
  /** Paths of objects that were read, in order. */
  const read: string[] = [];
  const counter = createServer((incoming: IncomingMessage, answer) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://s3');
    if (incoming.method === 'GET' && !searchParams.has('list-type')) read.push(pathname);
    const { hostname, port } = new URL(s3.endpoint);
    const { url, method, headers } = incoming;
    const onward = send({ hostname, port, path: url, method, headers }, (received) => {
      answer.writeHead(received.statusCode ?? 500, received.headers);
      received.pipe(answer);
    });
    incoming.pipe(onward);
  });
  before(async () => {
    s3 = await sharedS3();
    await new Promise<void>((done) => counter.listen(0, '127.0.0.1', done));
    const { port } = counter.address() as AddressInfo;
    env = { ...s3.env, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` };
  });
  after(() => {
    counter.close();
    counter.closeAllConnections();
  });

  async function bucket() {
    const Bucket = await s3.bucket();
    read.length = 0;
    return {
      Bucket,
      put: (Key: string, Body: string | Buffer, more: { ContentEncoding?: string } = {}) =>
        s3.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more })),
      open: (keys: string) => duckdbTelemetry({ use: 'duckdb', path: `s3://${Bucket}/${keys}` }, { env }),
    };
  }
  const requests = async (port: ReturnType<typeof duckdbTelemetry>): Promise<number> =>
    (await port.window(QUERY)).slices.reduce((sum, slice) => sum + slice.requests, 0);

  void it('fetches each object once, packed ones too, whatever is asked of them', async () => {
    const { Bucket, put, open } = await bucket();
    await put('logs/a.ndjson', linesFrom(0, 10));
    await put('logs/b.ndjson.gz', gzipSync(linesFrom(10, 20)));
    await put('logs/deep/c.ndjson', linesFrom(30, 40), {});
    await put('logs/other.txt', 'no lines');
    await put('elsewhere/d.ndjson', linesFrom(70, 5));
    const port = open('logs/**/*.ndjson*');
    assert.equal(await requests(port), 70);
    assert.equal(await requests(port), 70);
    await port.catalogue('blue', QUERY);
    await port.hourly({ ...QUERY, fromMs: FROM_MS - 3_600_000 });
    const blocks = await port.blocks('blue', {
      ...QUERY,
      blockMs: 300_000,
      sameFailureMs: 60_000,
      serverErrors: BUILT_IN_RULE,
    });
    assert.equal(blocks?.blocks[0]?.trials, 70);
    const expected = ['a.ndjson', 'b.ndjson.gz', 'deep/c.ndjson'].map((key) => `/${Bucket}/logs/${key}`);
    assert.deepEqual(read.toSorted(), expected);
    await put('logs/new.ndjson', linesFrom(100, 3));
    assert.equal(await requests(port), 73);
    assert.deepEqual(read.slice(3), [`/${Bucket}/logs/new.ndjson`]);
    await port.close?.();
  });

  void it('reads on in an object that grew, and forgets the lines of one that was written anew', async () => {
    const { put, open } = await bucket();
    await put('a.ndjson', linesFrom(0, 10));
    await put('b.ndjson', linesFrom(10, 10));
    const port = open('*.ndjson');
    assert.equal(await requests(port), 20);
    await put('a.ndjson', linesFrom(0, 10) + linesFrom(50, 5));
    assert.equal(await requests(port), 25);
    await put('b.ndjson', linesFrom(200, 4));
    assert.equal(await requests(port), 19);
    assert.equal(read.length, 4);
    await port.close?.();
    const later = open('*.ndjson');
    assert.equal(await requests(later), 19, 'a later switch starts anew');
    await later.close?.();
    assert.equal(read.length, 6);
  });

  void it('forgets the lines of an object that was written anew while another could not be read', async () => {
    const { put, open } = await bucket();
    await put('a.ndjson', linesFrom(0, 10));
    const port = open('*');
    assert.equal(await requests(port), 10);
    await put('a.ndjson', linesFrom(200, 4));
    const packed = gzipSync(linesFrom(300, 3));
    await put('b.ndjson.gz', packed.subarray(0, -8));
    await assert.rejects(requests(port));
    await put('b.ndjson.gz', packed);
    assert.equal(await requests(port), 7);
    await port.close?.();
  });

  void it('counts sums of objects as of lines in memory', async () => {
    const { put, open } = await bucket();
    await put('x/a.ndjson', linesFrom(0, 300));
    await put('x/b.ndjson', linesFrom(300, 200));
    const terms: SumsTerms = {
      startMs: FROM_MS,
      holdMs: 900_000,
      grid: { ...timeUnits(900_000), ticks: 10 },
      to: 'blue',
      from: null,
      recent: { startMs: FROM_MS, parts: 3 },
      sameFailureMs: 60_000,
      serverErrors: BUILT_IN_RULE,
      known: [],
      apartBlocks: 1,
    };
    const limits = (seen: Parameters<Parameters<typeof countLines>[2]>[0]) =>
      limitsOf(seen, terms, 1.25, null);
    const port = open('x/[ab].ndjson');
    const found = await port.sums({ service: 'docs', regions: [], terms }, limits);
    const lines = linesFrom(0, 500)
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as ReturnType<typeof requestLine>);
    const counted = lines.flatMap((line) => countedLine(line) ?? []);
    assert.deepEqual(found, countLines(counted, terms, limits));
    await port.close?.();
  });

  void it('says what is wrong with the bucket and with an address', async () => {
    const nowhere = duckdbTelemetry({ use: 'duckdb', path: 's3://no-such-bucket/a/*' }, { env });
    await assert.rejects(nowhere.window(QUERY), {
      name: 'ProviderError',
      kind: 'fatal',
      message: /bucket no-such-bucket: there is no such bucket/,
    });
    await nowhere.close?.();
    const { Bucket, put, open } = await bucket();
    await put('torn.gz', gzipSync(linesFrom(0, 100)).subarray(0, 200));
    const torn = open('*.gz');
    await assert.rejects(torn.window(QUERY), {
      kind: 'retry',
      message: new RegExp(`s3://${Bucket}/torn.gz was not read whole`),
    });
    await put('torn.gz', gzipSync(linesFrom(0, 100)));
    assert.equal(await requests(torn), 100);
    await torn.close?.();
    for (const path of ['https://logs.example/a.ndjson', 'gs://bucket/a', 's3://bucket']) {
      assert.throws(() => duckdbTelemetry({ use: 'duckdb', path }), /must be a file, a glob or/);
    }
  });
});
