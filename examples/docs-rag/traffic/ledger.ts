/**
 * The users' side of the story, as NDJSON: a line when a request is sent, a line when it is answered.
 *
 * Invariant: `sent` is in the file's queue before the request leaves, so that an answer that never came shows
 * as one; the ledger knows only what users can see.
 */
import { createWriteStream, readFileSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import type { Color } from '../../../src/domain/color.ts';

/** `answer`, `stream` and `dialog` ask, `get` is the cacheable read, `note` and `job` write. */
export const OP_KINDS = ['answer', 'stream', 'get', 'dialog', 'note', 'job'] as const;
export type OpKind = (typeof OP_KINDS)[number];

/** Which index each color answers from; a foreign answer is told by it. */
export interface MetaLine {
  readonly t: 'meta';
  readonly at: number;
  readonly identities: Readonly<Record<Color, string>>;
}

/** What the user asked for; the same in every attempt. */
export interface Payload {
  readonly question?: string;
  readonly dialog?: string;
  readonly turn_key?: string;
  readonly id?: string;
  readonly revision?: number;
  readonly text?: string;
}

export interface SentLine {
  readonly t: 'sent';
  readonly op: number;
  readonly attempt: number;
  /** Epoch ms. */
  readonly at: number;
  readonly kind: OpKind;
  readonly user: string;
  readonly region: string;
  readonly payload: Payload;
}

/** What an answer says of itself. */
export interface BodyFacts {
  readonly color?: string;
  readonly INDEX_HASH?: string;
  readonly rendered_at?: string;
  readonly turn?: number;
  readonly job_key?: string;
}

export interface GotLine {
  readonly t: 'got';
  readonly op: number;
  readonly attempt: number;
  readonly at: number;
  readonly ms: number;
  /** 0: no answer came. */
  readonly status: number;
  readonly color: Color | null;
  readonly gen: number | null;
  /** `frozen` or `late` when a write was refused. */
  readonly write: string | null;
  readonly cache: string | null;
  readonly error: string | null;
  /** True when this answer settles the operation. */
  readonly final: boolean;
  readonly body: BodyFacts;
}

export interface EndLine {
  readonly t: 'end';
  readonly op: number;
  readonly at: number;
  readonly ok: boolean;
  readonly attempts: number;
  readonly ms: number;
}

export type LedgerLine = MetaLine | SentLine | GotLine | EndLine;

export class Ledger {
  readonly #stream: WriteStream;
  #queued: string[] = [];

  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: 'a' });
    // A ledger that cannot be written is no ledger: the process must not go on as if it were.
    this.#stream.on('error', (error) => {
      throw error;
    });
  }

  write(line: LedgerLine): void {
    if (this.#queued.length === 0) setImmediate(() => this.#flush());
    this.#queued.push(JSON.stringify(line));
  }

  async close(): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => {
      this.#stream.end(() => resolve());
    });
  }

  /** Resolves when everything written so far is in the file. */
  async drained(): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve());
    });
  }

  #flush(): void {
    if (this.#queued.length === 0) return;
    this.#stream.write(`${this.#queued.join('\n')}\n`);
    this.#queued = [];
  }
}

/** One operation of a user with all its attempts. */
export interface Operation {
  readonly op: number;
  readonly kind: OpKind;
  readonly user: string;
  readonly region: string;
  readonly payload: Payload;
  readonly sent: SentLine[];
  readonly got: GotLine[];
  end: EndLine | null;
}

export interface LedgerView {
  readonly identities: Readonly<Record<Color, string>> | null;
  readonly operations: readonly Operation[];
}

/** Reads a ledger; a torn last line (the generator was killed) is left out. */
export function readLedger(path: string): LedgerView {
  const operations = new Map<number, Operation>();
  let identities: LedgerView['identities'] = null;
  const text = readFileSync(path, 'utf8');
  for (const json of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (json === '') continue;
    const line = JSON.parse(json) as LedgerLine;
    if (line.t === 'meta') {
      identities = line.identities;
    } else if (line.t === 'sent') {
      const known = operations.get(line.op);
      if (known === undefined) {
        const { op, kind, user, region, payload } = line;
        operations.set(op, { op, kind, user, region, payload, sent: [line], got: [], end: null });
      } else known.sent.push(line);
    } else {
      const operation = operations.get(line.op);
      if (line.t === 'got') operation?.got.push(line);
      else if (operation !== undefined) operation.end = line;
    }
  }
  return { identities, operations: [...operations.values()] };
}

/** The answer that settled an operation, or undefined. */
export function finalAnswer(operation: Operation): GotLine | undefined {
  return operation.got.find((g) => g.final && g.status >= 200 && g.status < 300);
}

/** True when some attempt may have had its effect without the user knowing. */
export function mayHaveHappened(operation: Operation): boolean {
  const refused = operation.got.filter((g) => g.write !== null || (g.status >= 400 && g.status < 500));
  return operation.sent.length > refused.length;
}
