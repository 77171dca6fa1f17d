/**
 * ClickHouse for tests: its own engine (chdb on PyPI, pinned) behind a small HTTP front, installed on first use into a folder of ours.
 * CUTOVER_TEST_CLICKHOUSE (an address) names one that runs; else it is started on first use and announced to child processes by it.
 * Invariant: it listens on loopback only, and ends with the process that started it, however that ends.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { createClient } from '@clickhouse/client';
import { freePort } from '../probes/servers.ts';
import { pipInstalled } from './pip.ts';

const VERSION = '26.9.0';
const READY_MS = 60_000;
const FRONT = fileURLToPath(new URL('chdb-front.py', import.meta.url));

let started: Promise<string> | undefined;

/** @returns its address. Throws where it cannot be had. */
export function sharedClickhouse(): Promise<string> {
  return (started ??= open());
}

async function open(): Promise<string> {
  const url = process.env['CUTOVER_TEST_CLICKHOUSE'] ?? (await start());
  process.env['CUTOVER_TEST_CLICKHOUSE'] = url;
  return url;
}

async function start(): Promise<string> {
  // What it would bring along serves data frames, and is twice its size.
  const packages = await pipInstalled('chdb-core', VERSION, ['--no-deps']);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'cutover-chdb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const child = await spawnGuarded('python3', [FRONT, String(port), folder], {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), PYTHONPATH: packages },
  });
  const url = `http://127.0.0.1:${port}`;
  const untilMs = Date.now() + READY_MS;
  for (;;) {
    const answers = await fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return url;
    if (!child.isRunning() || Date.now() > untilMs) {
      await child.stop(0);
      throw new Error(`chdb does not answer: ${child.tail()}`);
    }
    await sleep(100);
  }
}

/** The statement that users are told to type, for a table of another name. */
async function tableSql(table: string): Promise<string> {
  const page = await readFile(new URL('../../docs/clickhouse-table.md', import.meta.url), 'utf8');
  const sql = /```sql\n([\s\S]*?);\n```/.exec(page)?.[1];
  if (sql === undefined) throw new Error('docs/clickhouse-table.md has no statement that makes the table');
  return sql.replace('request_lines', table);
}

/** A table of a new name, and a way to put request lines into it as they are. */
export async function linesTable(): Promise<{
  readonly url: string;
  readonly table: string;
  readonly append: (lines: readonly object[]) => Promise<void>;
  readonly drop: () => Promise<void>;
}> {
  const url = await sharedClickhouse();
  const client = createClient({ url });
  const table = `lines_${randomUUID().replaceAll('-', '')}`;
  await client.command({ query: await tableSql(table) });
  return {
    url,
    table,
    async append(lines) {
      await client.insert({
        table,
        values: lines,
        format: 'JSONEachRow',
        clickhouse_settings: {
          input_format_skip_unknown_fields: 1,
          input_format_null_as_default: 1,
          date_time_input_format: 'best_effort',
        },
      });
    },
    async drop() {
      await client.command({ query: `DROP TABLE ${table}` });
      await client.close();
    },
  };
}
