/** Logs of other formats through the engine: files that grow, packed files, and what cannot be read. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { telemetryFindings } from '../../src/activities/inspect/telemetry.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { UserError } from '../../src/domain/errors.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../src/providers/duckdb/index.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const query = { service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] };

type Work = (dir: string, port: DuckdbTelemetry, requests: () => Promise<number>) => Promise<void>;

async function over(options: Readonly<Record<string, unknown>>, work: Work, glob = '*'): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-formats-'));
  const port = duckdbTelemetry(
    { use: 'duckdb', path: join(dir, glob), ...options },
    { env: {}, service: 'docs' },
  );
  const requests = async (): Promise<number> =>
    (await port.window(query)).slices.reduce((sum, slice) => sum + slice.requests, 0);
  await work(dir, port, requests);
  await port.close?.();
  await rm(dir, { recursive: true });
}

const trace = (line: string, n = 0): string =>
  `${JSON.stringify({ EventTimestampMs: START + n, EventType: 'fetch', Outcome: 'ok', Logs: [{ Level: 'log', Message: [line.trimEnd()] }] })}\n`;
const plain = ndjson([requestLine()]);
const cloudfront = (second: number, host: string): string =>
  `2026-03-02\t10:00:${String(second).padStart(2, '0')}\tCDG52-P1\t512\t203.0.113.7\tGET\t${host}\t/v1/answer\t200\t0.020\n`;
const HEADER =
  '#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status time-taken\n';

void describe('logs of other formats', () => {
  void it('are read as they grow, over rotation, and each line once', () =>
    over({ format: 'workers-trace' }, async (dir, port, requests) => {
      const file = join(dir, 'a.log');
      await writeFile(file, trace(plain) + trace(plain, 1));
      assert.equal(await requests(), 2);
      await appendFile(file, trace(plain, 2) + trace(plain, 3).slice(0, 100));
      assert.equal(await requests(), 3);
      await appendFile(file, trace(plain, 3).slice(100));
      await rename(file, join(dir, 'b.log'));
      await writeFile(file, trace(plain, 4));
      assert.equal(await requests(), 5);
      assert.equal(await requests(), 5);
      assert.equal(port.malformedLines, 0);
      const at = { ...query, toMs: START + 1000 };
      assert.equal((await port.catalogue('blue', at)).requests, 5, 'long ranges read the same lines');
    }));

  void it('count a last line without a newline once nobody writes any more', () =>
    over({ format: 'workers-trace' }, async (dir, _port, requests) => {
      const file = join(dir, 'a.log');
      await writeFile(file, trace(plain) + trace(plain).trimEnd());
      assert.equal(await requests(), 1);
      await utimes(file, new Date(), new Date(Date.now() - 30_000));
      assert.equal(await requests(), 2);
      assert.equal(await requests(), 2);
    }));

  void it('may be packed, ours as well', async () => {
    await over({ format: 'workers-trace' }, async (dir, _port, requests) => {
      await writeFile(join(dir, '20260302T100000Z.log.gz'), gzipSync(trace(plain) + trace(plain)));
      assert.equal(await requests(), 2);
      assert.equal(await requests(), 2);
    });
    await over({}, async (dir, _port, requests) => {
      await writeFile(join(dir, 'edge.ndjson.gz'), gzipSync(plain + plain + plain));
      await writeFile(join(dir, 'edge.ndjson'), plain);
      assert.equal(await requests(), 4);
      await writeFile(join(dir, 'more.ndjson.gz'), gzipSync(plain));
      assert.equal(await requests(), 5);
    });
  });

  void it('of which none can be read stop preflight, with the reason', () =>
    over({ format: 'cloudfront' }, async (dir, port) => {
      const file = join(dir, 'a.log');
      await writeFile(
        file,
        HEADER + Array.from({ length: 10 }, (_, i) => cloudfront(i, 'd1.cloudfront.net')).join(''),
      );
      const [finding] = telemetryFindings(await port.window(query), {
        use: 'duckdb',
        lagMs: 0,
        knowsUsers: true,
      });
      assert.equal(finding?.severity, 'blocking');
      assert.match(finding.message, /10 lines read, none is a request line: 10 × no color in cs\(Host\)/);
    }));

  void it('are judged once the plan says which color a name is', () =>
    over({ format: 'cloudfront', region: 'eu', colors: { blue: 'd1.', green: 'd2.' } }, async (dir, port) => {
      await writeFile(
        join(dir, 'a.log'),
        HEADER +
          cloudfront(1, 'd1.cloudfront.net') +
          cloudfront(2, 'd2.cloudfront.net') +
          cloudfront(3, 'd2.cloudfront.net'),
      );
      const { slices } = await port.window(query);
      assert.deepEqual(
        slices.map(({ color, region, route, requests: n }) => [color, region, route, n]),
        [
          ['blue', 'eu', '/v1/answer', 1],
          ['green', 'eu', '/v1/answer', 2],
        ],
      );
    }));

  void it('of vendors are no request lines, and are said to be none', async () => {
    for (const foreign of [
      '{"ClientIP":"203.0.113.7","EdgeResponseStatus":200,"EdgeStartTimestamp":1772445600000000000}\n',
      trace(plain),
      '{"resourceSpans":[]}\n',
      cloudfront(1, 'd1.cloudfront.net'),
    ]) {
      await over({}, async (dir, port) => {
        await writeFile(join(dir, 'a.log'), foreign.repeat(10));
        const [finding] = telemetryFindings(await port.window(query), {
          use: 'duckdb',
          lagMs: 0,
          knowsUsers: true,
        });
        assert.match(finding?.message ?? '', /10 lines read, none is a request line: 10 × no request line/);
      });
    }
  });

  void it('have the lag of their vendor, or of the plan; and gates that they cannot answer', () =>
    over({ format: 'alb' }, async (_dir, port) => {
      assert.equal(port.lagMs, 7 * 60_000);
      assert.deepEqual(Object.keys(port.blind ?? {}).toSorted(), ['cache', 'cold-start', 'stickiness']);
      await over({ format: 'alb', lag: '30s' }, async (_other, one) => {
        assert.equal(one.lagMs, 30_000);
      });
      await over({ format: 'workers-trace' }, async (_other, one) => {
        assert.deepEqual(one.blind, {});
      });
    }));

  void it('are not asked for what most of them lack, unless the plan names where it stands', async () => {
    const blind = async (options: Readonly<Record<string, unknown>>): Promise<string[]> => {
      const port = duckdbTelemetry({ use: 'duckdb', path: '/tmp/x.log', ...options });
      await port.close?.();
      return Object.keys(port.blind ?? {}).toSorted();
    };
    assert.deepEqual(await blind({ format: 'otlp' }), ['cache', 'cold-start', 'stickiness']);
    const named = { cfg_gen: 'cutover.cfg_gen', cold: 'faas.coldstart' };
    assert.deepEqual(await blind({ format: 'otlp', fields: named }), ['cache']);
    assert.deepEqual(await blind({ format: 'fastly', fields: { cfg_gen: 'gen' } }), [
      'cache',
      'cold-start',
      'stickiness',
    ]);
    assert.deepEqual(
      await blind({ format: 'fastly', fields: { cfg_gen: 'gen', user: 'who', cold: 'cold' } }),
      ['cache'],
    );
  });

  void it('need options that go together', () => {
    const wrong = (options: Readonly<Record<string, unknown>>, why: RegExp): void => {
      assert.throws(
        () => duckdbTelemetry({ use: 'duckdb', path: '/tmp/x.log', ...options }),
        (error) => error instanceof UserError && why.test(error.message),
      );
    };
    wrong({ format: 'nginx' }, /format/);
    wrong({ colors: { blue: 'a', green: 'b' } }, /colors needs `format`/);
    wrong({ format: 'fields', fields: { ts: 'time' } }, /fields lacks color, status, latency_ms.tfinal/);
    wrong({ format: 'alb', columns: ['a'] }, /columns says nothing of format alb/);
    wrong({ format: 'alb', fields: { cold: 'x' } }, /fields cold: format alb has its own place for it/);
    wrong({ format: 'alb', colors: { blue: 'docs', green: 'docs-green' } }, /colors one holds the other/);
  });
});
