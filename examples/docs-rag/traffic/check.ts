/**
 * The ledger check: compares what users saw with what the store, the queues and the edge know, after all is quiet.
 *
 * Invariant: it takes nobody's word. A switch that lost, doubled, misrouted or mixed up anything fails at least
 * one check, whether it completed or was rolled back.
 */
import { readFileSync } from 'node:fs';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import type { StoreDump } from '../infra/server.ts';
import type { Check, Facts, LedgerCheckInput, LedgerVerdict, UserFacts } from './check-facts.ts';
import { checkAnswered, checkCache, checkColors, checkWriteWait } from './check-users.ts';
import { checkDialogs, checkJobs, checkNotes, checkQueues, checkReadOnly } from './check-writes.ts';
import { readLedger } from './ledger.ts';

export type { Check, LedgerCheckInput, LedgerVerdict, SwitchOutcome } from './check-facts.ts';

export function checkLedger(input: LedgerCheckInput): LedgerVerdict {
  const { operations, identities } = readLedger(input.ledgerFile);
  const dump =
    typeof input.storeDump === 'string'
      ? (JSON.parse(readFileSync(input.storeDump, 'utf8')) as StoreDump)
      : input.storeDump;
  const edge = input.edgeLogs.flatMap(readLines);
  const users: UserFacts = { operations, identities, edge, input };
  const checks =
    dump === null ? [checkAnswered(users), checkColors(users), checkCache(users)] : all({ ...users, dump });
  return { ok: checks.every((c) => c.ok), checks };
}

function all(facts: Facts): Check[] {
  return [
    checkAnswered(facts),
    checkWriteWait(facts),
    checkColors(facts),
    checkCache(facts),
    checkNotes(facts),
    checkDialogs(facts),
    checkJobs(facts),
    checkQueues(facts),
    checkReadOnly(facts),
  ];
}

function readLines(path: string): RequestLine[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RequestLine);
}
