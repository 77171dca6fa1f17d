/** A small true story of one switch, told by ledger, store and edge; tests then falsify one thing in it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Color } from '../../src/domain/color.ts';
import type { StoreDump } from '../../examples/docs-rag/infra/server.ts';
import { checkLedger } from '../../examples/docs-rag/traffic/check.ts';
import type { LedgerVerdict, SwitchOutcome } from '../../examples/docs-rag/traffic/check.ts';
import type {
  GotLine,
  LedgerLine,
  OpKind,
  Payload,
  SentLine,
} from '../../examples/docs-rag/traffic/ledger.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Story {
  lines: LedgerLine[];
  dump: { -readonly [K in keyof StoreDump]: Mutable<StoreDump[K][number]>[] };
}

export const HASH: Record<Color, string> = { blue: 'b'.repeat(64), green: 'g'.repeat(64) };
const START = Date.parse('2026-03-01T10:00:00Z');

/** Generation 1: all on blue; 2: u1 on green; 3: frozen; 4: flipped; 5 (rolled back only): all on blue again. */
export function story(outcome: SwitchOutcome): Story {
  const lines: LedgerLine[] = [{ t: 'meta', at: START, identities: HASH }];
  const dump: Story['dump'] = {
    notes: [],
    turns: [],
    done: [],
    effects: [],
    queues: ['jobs-blue', 'jobs-blue-dlq', 'jobs-green', 'jobs-green-dlq'].map((name) => ({
      name,
      ready: 0,
      inFlight: 0,
      delayed: 0,
    })),
  };
  let op = 0;
  let at = START;
  const tell = (kind: OpKind, user: string, color: Color, gen: number): void => {
    op += 1;
    at += 100;
    const payload = payloadOf(kind, user, op);
    lines.push(sent({ op, attempt: 1, at, kind, user, payload }));
    // In generation 3 writes are frozen: the first attempt is refused, the next one is taken by generation 4.
    let attempt = 1;
    if (gen === 3 && kind !== 'get') {
      lines.push(
        got({
          op,
          attempt,
          at: at + 5,
          status: 503,
          color,
          gen,
          write: 'frozen',
          final: false,
          body: {},
        }),
      );
      attempt = 2;
      at += 1000;
      lines.push(sent({ op, attempt, at, kind, user, payload }));
      color = 'green';
      gen = 4;
    }
    at += 20;
    lines.push(
      got({ op, attempt, at, color, gen, body: record(dump, { kind, user, color, gen, op, payload }) }),
    );
    lines.push({ t: 'end', op, at, ok: true, attempts: attempt, ms: 20 });
  };
  const round = (gen: number, u1: Color, u2: Color): void => {
    for (const kind of ['get', 'note', 'dialog', 'job'] as const) {
      tell(kind, 'u1', u1, gen);
      if (gen !== 3) tell(kind, 'u2', u2, gen);
    }
  };
  round(1, 'blue', 'blue');
  round(2, 'green', 'blue');
  round(3, 'green', 'blue');
  round(4, 'green', 'green');
  if (outcome === 'rolled-back') round(5, 'blue', 'blue');
  return { lines, dump };
}

export function judge(told: Story, outcome: SwitchOutcome, sinceGeneration = 0): LedgerVerdict {
  const ledgerFile = join(mkdtempSync(join(tmpdir(), 'ledger-')), 'ledger.ndjson');
  writeFileSync(ledgerFile, told.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return checkLedger({
    ledgerFile,
    storeDump: told.dump,
    edgeLogs: [],
    from: 'blue',
    to: 'green',
    outcome,
    sinceGeneration,
    configs: [
      { generation: 1, writes: { blue: 'open', green: 'open' } },
      { generation: 4, writes: { blue: 'read-only', green: 'open' } },
      { generation: 5, writes: { blue: 'open', green: 'read-only' } },
    ],
  });
}

/** Names of the checks that failed. */
export function failed(verdict: LedgerVerdict): string[] {
  return verdict.checks.filter((c) => !c.ok).map((c) => c.name);
}

/** The settled answers of one kind, to falsify. */
export function answers(told: Story, kind: OpKind): Mutable<GotLine>[] {
  const ops = new Set(told.lines.flatMap((l) => (l.t === 'sent' && l.kind === kind ? [l.op] : [])));
  return told.lines.flatMap((l) => (l.t === 'got' && l.final && ops.has(l.op) ? [l] : []));
}

function payloadOf(kind: OpKind, user: string, op: number): Payload {
  if (kind === 'get') return { question: 'What is WAL?' };
  if (kind === 'note') return { id: `n-${user}`, revision: op, text: `text ${op}` };
  if (kind === 'job') return { id: `doc-${op}`, revision: 1 };
  return { question: 'What is WAL?', dialog: `d-${user}`, turn_key: `d-${user}#${op}` };
}

function record(
  dump: Story['dump'],
  told: { kind: OpKind; user: string; color: Color; gen: number; op: number; payload: Payload },
): GotLine['body'] {
  const { kind, user, color, gen, op, payload } = told;
  const by = { color, gen, mode: 'open' };
  const source_id = payload.id ?? '';
  const revision = payload.revision ?? 0;
  if (kind === 'get') return { color, INDEX_HASH: HASH[color], rendered_at: new Date(START).toISOString() };
  if (kind === 'dialog') {
    const turn = dump.turns.filter((t) => t.dialog === payload.dialog).length + 1;
    const { dialog = '', turn_key: key = '', question = '' } = payload;
    dump.turns.push({ dialog, key, question, turn, by });
    return { INDEX_HASH: HASH[color], turn };
  }
  if (kind === 'note') dump.notes.push({ id: source_id, revision, text: payload.text ?? '', user, by });
  const job_key = `key-${op}`;
  dump.done.push({ key: job_key, source_id, revision, color, tokens: 1 });
  dump.effects.push({ key: job_key, color });
  return { job_key };
}

function sent(line: Omit<SentLine, 't' | 'region'>): SentLine {
  return { t: 'sent', region: 'eu', ...line };
}

function got(
  line: Pick<GotLine, 'op' | 'attempt' | 'at' | 'color' | 'gen' | 'body'> & Partial<GotLine>,
): GotLine {
  return { t: 'got', ms: 20, status: 200, write: null, cache: null, error: null, final: true, ...line };
}
