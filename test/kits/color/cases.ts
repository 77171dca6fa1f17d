/** Runs the table that ships with the stubs, kits/color/cases.json, over HTTP against whatever is served. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';

export interface Settings {
  readonly service: string;
  readonly color: 'blue' | 'green';
  readonly release: string;
  readonly index: Readonly<
    Record<'name' | 'INDEX_HASH' | 'metric' | 'analyzer' | 'embedModel' | 'reranker', string>
  >;
  readonly token: string | null;
  readonly writes: readonly string[];
  readonly enqueues: readonly string[];
  readonly health: 'none' | 'fine' | 'liar' | 'sick' | 'throws';
  readonly warm: 'none' | 'silent' | 'warm' | 'cold';
  readonly retire: 'none' | 'works';
}

interface Expected {
  readonly status: number;
  readonly from: 'app' | 'color';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly body?: string;
  readonly retired?: number;
}

interface Step {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: boolean;
  readonly expect: Expected;
}

interface Table {
  readonly settings: Settings;
  readonly cases: readonly {
    readonly name: string;
    readonly settings?: Partial<Settings>;
    readonly steps: readonly Step[];
  }[];
}

export const CASES_FILE = new URL('../../../kits/color/cases.json', import.meta.url);
const TABLE = JSON.parse(readFileSync(CASES_FILE, 'utf8')) as Table;

/** A fresh stub before the service of the table. */
export interface Served {
  readonly port: number;
  /** How often the service's retire was called. */
  retired(): number | Promise<number>;
  close(): Promise<void>;
}

/** Where one kind of server cannot do as the table says: what it does instead, or null for a case that it cannot have. */
type Deviation = (step: Step) => Expected | null;

/** `open` gets the number of the case and the settings of its stub. */
export function runCases(
  name: string,
  open: (at: number, settings: Settings) => Promise<Served>,
  deviation: Deviation = ({ expect }) => expect,
): void {
  void describe(`color stub: ${name}`, () => {
    for (const [at, { name: title, settings, steps }] of TABLE.cases.entries()) {
      const isPossible = steps.some((step) => deviation(step) !== null);
      void it(title, { skip: isPossible ? false : `${name} cannot` }, async () => {
        const served = await open(at, { ...TABLE.settings, ...settings });
        try {
          for (const step of steps) {
            const expect = deviation(step);
            if (expect !== null) await check(served, at, step, expect);
          }
        } finally {
          await served.close();
        }
      });
    }
  });
}

async function check(served: Served, at: number, step: Step, expect: Expected): Promise<void> {
  const { status, headers, body } = await ask(served.port, at, step);
  const what = `${step.method} ${step.path} ${JSON.stringify(step.headers ?? {})}: ${body.slice(0, 200)}`;
  assert.equal(status, expect.status, what);
  assert.equal(headers['x-app'] === '1' ? 'app' : 'color', expect.from, what);
  for (const [name, value] of Object.entries(expect.headers ?? {})) assert.equal(headers[name], value, what);
  if (expect.body !== undefined) assert.equal(body, expect.body, what);
  if (expect.json !== undefined) {
    const said = JSON.parse(body) as Record<string, unknown>;
    for (const [name, value] of Object.entries(expect.json)) assert.deepEqual(said[name], value, what);
  }
  if (expect.retired !== undefined) assert.equal(await served.retired(), expect.retired, what);
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** By `node:http`, which sends a path as it is written. Python tells cases apart by `x-case`. */
export function ask(
  port: number,
  at: number,
  step: Pick<Step, 'method' | 'path' | 'headers' | 'stream'>,
): Promise<Answer> {
  const { method, path, stream } = step;
  const headers = { 'x-case': String(at), connection: 'close', ...filled(step.headers ?? {}) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      const read = async (): Promise<string> => {
        if (stream !== true) return text(answer);
        const pieces = answer.setEncoding('utf8')[Symbol.asyncIterator]();
        const first = (await pieces.next()) as IteratorResult<string, undefined>;
        await ask(port, at, { method: 'GET', path: '/go' });
        let rest = first.value ?? '';
        for await (const piece of { [Symbol.asyncIterator]: () => pieces }) rest += String(piece);
        return rest;
      };
      read().then(
        (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        reject,
      );
    });
    // A stub that gathers a stream first never hears of `/go`.
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
    sent.on('error', reject);
    sent.end();
  });
}

function filled(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/^\{\{now([+-]\d+)\}\}$/, (_, ms: string) => String(Date.now() + Number(ms))),
    ]),
  );
}
