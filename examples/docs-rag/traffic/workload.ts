/**
 * Who asks what: stable users with dialogs and notes of their own, questions with a popularity skew.
 *
 * Invariant: an operation carries its own keys (turn, note revision), so that its retry is the same operation;
 * a user's dialog has one turn in flight at a time.
 */
import { readFileSync } from 'node:fs';
import { randomOf } from '../../../src/providers/simulated/random.ts';
import type { OpKind, Payload } from './ledger.ts';

export interface Entry {
  readonly region: string;
  readonly url: string;
}

export interface Planned {
  readonly kind: OpKind;
  readonly user: string;
  readonly entry: Entry;
  readonly payload: Payload;
  /** Signs the user's cohort; null: none. */
  readonly pin: string | null;
  /** Called once when the operation ended. */
  readonly done: (ok: boolean) => void;
}

/** Some of the users, and the signed header that each of their requests carries. */
export interface SignedCohort {
  readonly percent: number;
  readonly pin: string;
}

/** Share of each kind of operation. */
export type Mix = Readonly<Record<OpKind, number>>;

export const DEFAULT_MIX: Mix = { answer: 0.16, stream: 0.16, get: 0.4, dialog: 0.1, note: 0.12, job: 0.06 };

/** Users who only ask: nothing is written, no dialog is kept. */
export const READING_MIX: Mix = { answer: 0.3, stream: 0.25, get: 0.45, dialog: 0, note: 0, job: 0 };

interface User {
  readonly id: string;
  readonly pin: string | null;
  readonly entry: Entry;
  dialog: number;
  turns: number;
  dialogBusy: boolean;
  readonly notes: { id: string; revision: number }[];
}

const TURNS_PER_DIALOG = 8;
const WORDS =
  'index journal vacuum page cursor pragma trigger schema rollback checkpoint lock table row'.split(' ');

export class Workload {
  readonly #users: readonly User[];
  readonly #questions: readonly string[];
  readonly #popularity: readonly number[];
  readonly #random: () => number;
  readonly #run: string;
  readonly #mix: Mix;
  #jobs = 0;

  constructor(options: {
    entries: readonly Entry[];
    users: number;
    questions: readonly string[];
    seed: number;
    /** Makes ids unique over runs against one store. */
    run: string;
    mix?: Mix;
    cohorts?: readonly SignedCohort[];
  }) {
    const { entries, users, questions } = options;
    this.#questions = questions;
    const random = randomOf(options.seed);
    this.#random = () => random.next();
    this.#run = options.run;
    this.#mix = options.mix ?? DEFAULT_MIX;
    this.#users = Array.from({ length: users }, (_, i) => ({
      id: `u-${options.run}-${i}`,
      pin: pinOf(options.cohorts ?? [], (i / users) * 100),
      entry: pick(entries, i),
      dialog: 0,
      turns: 0,
      dialogBusy: false,
      notes: [],
    }));
    // Zipf with exponent 1: the cumulative shares of 1, 1/2, 1/3, …
    let sum = 0;
    this.#popularity = questions.map((_, rank) => (sum += 1 / (rank + 1)));
  }

  next(): Planned {
    const user = pick(this.#users, Math.floor(this.#random() * this.#users.length));
    let kind = this.#kind();
    if (kind === 'dialog' && user.dialogBusy) kind = 'answer';
    const { payload, done } = this.#payload(kind, user);
    return { kind, user: user.id, entry: user.entry, payload, pin: user.pin, done };
  }

  #kind(): OpKind {
    let at = this.#random();
    for (const [kind, share] of Object.entries(this.#mix) as [OpKind, number][]) {
      at -= share;
      if (at < 0) return kind;
    }
    return 'get';
  }

  #question(): string {
    const at = this.#random() * (this.#popularity.at(-1) ?? 0);
    const rank = this.#popularity.findIndex((sum) => at < sum);
    return pick(this.#questions, Math.max(0, rank));
  }

  #payload(kind: OpKind, user: User): { payload: Payload; done: (ok: boolean) => void } {
    if (kind === 'dialog') return this.#turn(user);
    const done = (): void => {};
    if (kind === 'note') return { payload: this.#note(user), done };
    if (kind !== 'job') return { payload: { question: this.#question() }, done };
    this.#jobs += 1;
    return { payload: { id: `doc-${this.#run}-${this.#jobs}`, revision: 1 }, done };
  }

  #turn(user: User): { payload: Payload; done: (ok: boolean) => void } {
    const dialog = `d-${user.id}-${user.dialog}`;
    user.turns += 1;
    user.dialogBusy = true;
    return {
      payload: { question: this.#question(), dialog, turn_key: `${dialog}#${user.turns}` },
      done: (ok) => {
        user.dialogBusy = false;
        // After a turn of unknown fate its number is unknown: the user starts over.
        if (ok && user.turns < TURNS_PER_DIALOG) return;
        user.dialog += 1;
        user.turns = 0;
      },
    };
  }

  #note(user: User): Payload {
    const rewrite = user.notes.length > 0 && this.#random() < 0.3;
    const note = rewrite
      ? pick(user.notes, Math.floor(this.#random() * user.notes.length))
      : { id: `n-${user.id}-${user.notes.length}`, revision: 0 };
    if (!rewrite) user.notes.push(note);
    note.revision += 1;
    const words = Array.from({ length: 12 }, () => pick(WORDS, Math.floor(this.#random() * WORDS.length)));
    return { id: note.id, revision: note.revision, text: `${note.id}@${note.revision} ${words.join(' ')}` };
  }
}

/** Of a user who stands after so many percent of all. */
function pinOf(cohorts: readonly SignedCohort[], before: number): string | null {
  let end = 0;
  return cohorts.find(({ percent }) => before < (end += percent))?.pin ?? null;
}

/** The most general questions of the gold set, first ones first. */
export function loadQuestions(path: string, limit: number): string[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.slice(0, limit).map((line) => (JSON.parse(line) as { question: string }).question);
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
