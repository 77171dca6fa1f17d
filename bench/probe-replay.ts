/**
 * Probe replay against a bare HTTP client at the same concurrency (budget: at least 0.9 ×).
 *   node --import tsx bench/probe-replay.ts [requests] [concurrency] [service ms]
 *
 * Both send the same bodies to the same server in another process and read the whole answer; the probe side also fills the
 * template, maps, checks and times. Rounds alternate, the ratio of medians counts.
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { compileAnswerSchema, compileResponseMap, CONTRACT_MAP, createSender } from '../src/probes/index.ts';
import type { Probe, ProbeCell } from '../src/domain/probe.ts';

const BUDGET = 0.9;
const ROUNDS = 9;
const SCHEMA = {
  type: 'object',
  required: ['answer', 'retrieved'],
  properties: { answer: { type: 'string' } },
};

/** The server process: an answer of five snippets after the service's time. */
function serve(serviceMs: number): void {
  const text =
    'The VACUUM command rebuilds the database file, repacking it into a minimal amount of disk space. '.repeat(
      7,
    );
  const retrieved = Array.from({ length: 5 }, (_, i) => ({
    snippet_id: `s${i}`,
    section_id: `lang_vacuum.html#s${i}`,
    offsets: { start: 0, end: text.length, unit: 'char' },
    text,
    score: 10 - i,
  }));
  const index = {
    INDEX_HASH: 'h',
    metric: 'bm25',
    analyzer: 'porter',
    embed_model: 'none',
    reranker: 'none',
  };
  const body = JSON.stringify({
    answer: 'Yes.',
    citations: [{ section_id: 'lang_vacuum.html#s0' }],
    retrieved,
    index,
  });
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      setTimeout(() => {
        res
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
          .end(body);
      }, serviceMs);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function pooled(total: number, width: number, one: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < total) {
      const i = next;
      next += 1;
      await one(i);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return total / ((performance.now() - started) / 1000);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function main(total: number, width: number, serviceMs: number): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', String(serviceMs)], {
    execArgv: process.execArgv,
  });
  const port = await new Promise<number>((resolve) =>
    child.once('message', (message) => resolve(Number(message))),
  );
  const url = `http://127.0.0.1:${port}`;
  const sender = createSender({
    request: {
      method: 'POST',
      path: '/v1/answer',
      via: 'direct',
      headers: {},
      body: { question: '{{question}}', seed: '{{seed}}' },
      stream: false,
    },
    baseUrls: { blue: url, green: url },
    map: compileResponseMap(CONTRACT_MAP),
    check: compileAnswerSchema(SCHEMA),
    pin: () => ({}),
    timeoutMs: 10_000,
  });
  const question = 'Does VACUUM change rowids?';
  const probe: Probe = {
    id: 'p',
    topic: 't',
    question,
    paraphrases: [question, question, question],
    answerable: true,
    targets: [],
    decoys: [],
    author: 'bench',
    origin: 'written',
  };
  const cell: ProbeCell = { probeId: 'p', paraphrase: 0, seed: 1 };
  const probeOnce = async (i: number): Promise<void> => {
    const sent = await sender.send(probe, cell, i % 2 === 0 ? 'blue' : 'green');
    if (sent.error !== null || sent.schemaViolations.length > 0) throw new Error(`unexpected: ${sent.error}`);
  };
  const bareOnce = async (): Promise<void> => {
    const response = await fetch(`${url}/v1/answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ question, seed: 1 }),
    });
    await response.json();
  };
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const a = await pooled(total, width, bareOnce);
    const b = await pooled(total, width, probeOnce);
    // The first round warms both up.
    if (round >= 0) {
      bare.push(a);
      ours.push(b);
    }
  }
  child.kill();
  const ratio = median(ours) / median(bare);
  process.stdout.write(
    `${total} requests × ${ROUNDS} rounds, concurrency ${width}, service ${serviceMs} ms, node ${process.version}\n` +
      `bare fetch   ${median(bare).toFixed(0)} requests/s\n` +
      `probe sender ${median(ours).toFixed(0)} requests/s\n` +
      `ratio        ${ratio.toFixed(3)} (budget ${BUDGET})\n`,
  );
  if (ratio < BUDGET) process.exitCode = 1;
}

const [first, second, third] = process.argv.slice(2);
if (first === '--serve') serve(Number(second));
else await main(Number(first ?? 2_000), Number(second ?? 16), Number(third ?? 20));
