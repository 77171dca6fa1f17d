/** Writes of a fault table to an S3 server: evidence, and what is published. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { s3Evidence } from '../../../src/providers/s3/index.ts';
import { httpProxy, type HttpFault } from '../../support/http-proxy.ts';
import { sharedS3 } from '../../support/s3-server.ts';
import { newKey } from './over-http.ts';
import type { Expected, OverHttp } from './survives.ts';

const TIMEOUT_MS = 2000;

/** The SDK tries three times; the same bytes under the same key are one object. */
const BY_SDK: Readonly<Record<HttpFault, Expected>> = {
  lost: 'done',
  twice: 'done',
  hang: 'done',
  slow: 'done',
  truncated: 'done',
  stale: { never: 'a PUT is not answered by a cache' },
  '429': 'done',
  '409': 'reread',
  '412': 'reread',
  '503': 'done',
};

function s3(method: 'put' | 'publish', expected: OverHttp['expected']): OverHttp {
  return {
    via: 'http',
    provider: 's3',
    port: 'evidence',
    method,
    of: '',
    peer: 's3',
    expected,
    async start() {
      const server = await sharedS3();
      const proxy = await httpProxy(server.endpoint);
      const bucket = await server.bucket();
      const ref = { use: 's3', bucket, endpoint: proxy.url, timeoutMs: TIMEOUT_MS };
      const port = s3Evidence(ref, { env: server.env });
      return {
        withinMs: 20_000,
        async next() {
          const name = newKey();
          const call = (): Promise<string> =>
            method === 'put' ? port.put({ name }) : port.publish('switch', `${name}.md`, name);
          return {
            async spoil(how) {
              // As if it were not there yet.
              if (how === 'stale') await call();
              proxy.spoil((one) => one.method === (how === 'stale' ? 'HEAD' : 'PUT'), how);
            },
            call,
            async times() {
              const digestOrPlace = await call();
              const found =
                method === 'put'
                  ? JSON.stringify(await port.get(digestOrPlace))
                  : await port.published('switch', `${name}.md`);
              const { Contents = [] } = await server.client.send(
                new ListObjectsV2Command({ Bucket: bucket }),
              );
              const key = digestOrPlace.split('/').at(-1) ?? '';
              const objects = Contents.filter((one) => one.Key?.includes(key));
              if (!found.includes(name)) throw new Error(`it holds ${found}`);
              return objects.length;
            },
          };
        },
        async close() {
          await port.close?.();
          await proxy.close();
        },
      };
    },
  };
}

export const S3: readonly OverHttp[] = [s3('put', { ...BY_SDK, stale: 'done' }), s3('publish', BY_SDK)];
