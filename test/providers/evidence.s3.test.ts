/** Provider `s3` against a real S3 server. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Evidence } from '../../src/providers/s3/index.ts';
import { evidencePortSuite } from '../../src/conformance/evidence.ts';
import { sharedS3 } from '../support/s3-server.ts';

evidencePortSuite('s3', async () => {
  const server = await sharedS3();
  const Bucket = await server.bucket();
  const ref = { use: 's3', bucket: Bucket, prefix: '/cutover/', endpoint: server.endpoint };
  const port = s3Evidence(ref, { env: server.env });
  return {
    port,
    another: () => s3Evidence(ref, { env: server.env }),
    async tamper(digest) {
      const Key = `cutover/${digest.slice(0, 2)}/${digest}.json.gz`;
      const Body = gzipSync('{"verdict":"pass"}');
      await server.client.send(new HeadObjectCommand({ Bucket, Key }));
      await server.client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    close: async () => port.close?.(),
  };
});

void describe('s3', () => {
  void it('is shared: another worker reads what one put, and a file by its address (F7)', async () => {
    const { env, bucket, client } = await sharedS3();
    const Bucket = await bucket();
    // Two workers with nothing in common but the store; the endpoint comes from the environment.
    const [one, other] = [1, 2].map(() => s3Evidence({ use: 's3', bucket: Bucket }, { env }));
    assert.ok(one !== undefined && other !== undefined);
    const digest = await one.put({ a: 1 });
    assert.deepEqual(await other.get(digest), { a: 1 });
    assert.equal(await one.publish('s1', 'report.md', '# ü'), `s3://${Bucket}/s1/report.md`);
    assert.equal(await other.published('s1', 'report.md'), '# ü');
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      [`${digest.slice(0, 2)}/${digest}.json.gz`, 's1/report.md'].sort(),
    );
  });

  void it('says what is wrong with the bucket, the size, the options', async () => {
    const { env, bucket } = await sharedS3();
    const nowhere = s3Evidence({ use: 's3', bucket: 'no-such-bucket' }, { env });
    const noBucket = { name: 'ProviderError', kind: 'fatal', message: /bucket no-such-bucket: there is no/ };
    await assert.rejects(nowhere.put({ a: 1 }), noBucket);
    await assert.rejects(nowhere.get('0'.repeat(64)), noBucket);
    await assert.rejects(nowhere.published('s1', 'report.md'), noBucket);
    const Bucket = await bucket();
    const small = s3Evidence({ use: 's3', bucket: Bucket, maxBytes: 100 }, { env });
    await assert.rejects(small.put('x'.repeat(200)), /more than maxBytes/);
    const large = s3Evidence({ use: 's3', bucket: Bucket }, { env });
    const digest = await large.put('x'.repeat(200));
    await assert.rejects(small.get(digest), /does not unpack/);
    await large.publish('s1', 'report.md', 'x'.repeat(200));
    await assert.rejects(small.published('s1', 'report.md'), /has 200 bytes, more than 100/);
    for (const wrong of [{ bucket: 'A/b' }, { bucket: 'good', prefix: '?' }, { bucket: 'good', key: 1 }]) {
      assert.throws(() => s3Evidence({ use: 's3', ...wrong }, { env }), { name: 'UserError' });
    }
  });

  for (const [status, code, kind, message] of [
    [403, 'AccessDenied', 'fatal', /s3:ListBucket/],
    [403, 'InvalidAccessKeyId', 'fatal', /credentials/],
    [301, 'PermanentRedirect', 'fatal', /another region/],
    [503, 'SlowDown', 'retry', /SlowDown/],
    [500, 'InternalError', 'retry', /InternalError/],
  ] as const) {
    void it(`${status} ${code} means ${kind}`, async () => {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'us-east-1' };
        const port = s3Evidence({ use: 's3', bucket: 'bucket', endpoint }, { env });
        await assert.rejects(port.put({ a: 1 }), { name: 'ProviderError', kind, message });
        await assert.rejects(port.get('0'.repeat(64)), { name: 'ProviderError', kind, message });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }

  void it('a store that is away is tried again', async () => {
    const endpoint = 'http://127.0.0.1:9';
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const port = s3Evidence({ use: 's3', bucket: 'bucket', endpoint }, { env });
    await assert.rejects(port.put({ a: 1 }), { name: 'ProviderError', kind: 'retry' });
  });
});
