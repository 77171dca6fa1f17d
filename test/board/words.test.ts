/** What a switch says of itself, in the report and on every screen: words, not data, and nothing that did not happen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportMarkdown } from '../../src/activities/report-markdown.ts';
import { eventSaid, outcomeSaid } from '../../src/board/words.ts';
import type { SwitchEvent, SwitchFact } from '../../src/domain/event.ts';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { scriptedPlan } from '../support/plans.ts';

const AT = Date.UTC(2026, 0, 15, 12);

const gate = (verdict: GateSummary['verdict'], summary = 'p95 is 1.1 times that of blue'): GateSummary => ({
  gate: 'latency',
  verdict,
  role: 'prove',
  advisory: false,
  summary,
  reason: 'x',
});

const looked = (planned: number): SwitchEvent => ({
  atMs: AT,
  type: 'looked',
  step: 'hold wait',
  look: { index: 2, planned, final: false },
  verdict: 'inconclusive',
  gates: [gate('inconclusive'), { ...gate('skipped', 'The plan names no queue.'), gate: 'dedupe' }],
  evidence: 'e'.repeat(64),
});

void describe('words (E10)', () => {
  void it('do not count looks of a watch without an end as if it had one', () => {
    assert.match(eventSaid(looked(0))[2], /^look 2 of hold wait: /);
    assert.match(eventSaid(looked(12))[2], /^look 2\/12 of hold wait: /);
  });

  void it('do not bring users back who had never left', () => {
    const outcome = {
      kind: 'rolled-back',
      reason: 'r',
      gate: null,
      remedy: 'm',
      left: [],
      report: null,
    } as const;
    const said = (restoredInMs: number | null): string => outcomeSaid({ ...outcome, restoredInMs })[2];
    assert.match(said(null), /; nobody had left\. m$/);
    assert.match(said(1500), /; users were back after 1s500ms\. m$/);
  });
});

void describe('the report for people (E10)', () => {
  const FACTS: readonly SwitchFact[] = [
    { type: 'started', by: 'ana', planDigest: 'd'.repeat(64) },
    { type: 'stage-entered', stage: 'cutover' },
    { type: 'transaction-opened', attempt: 1, freezeUntilMs: AT + 30_000 },
    {
      type: 'waiting',
      wait: {
        kind: 'question',
        what: 'a decision',
        stage: 'cutover',
        sinceMs: AT,
        deadlineMs: AT + 3_600_000,
        then: 'roll back',
      },
    },
    {
      type: 'commanded',
      command: { name: 'tune', by: 'ana', commandId: 'c', reason: 'slow day', change: { freezeMs: 60_000 } },
      answer: 'tuned',
    },
    { type: 'rollback-stuck', undo: 'traffic', sinceMs: AT },
    {
      type: 'findings',
      findings: [
        { code: 'env-parity', severity: 'warning', message: 'differs', fix: 'align', accepted: 'known' },
      ],
    },
    {
      type: 'ended',
      outcome: {
        kind: 'rolled-back',
        reason: 'r',
        gate: null,
        restoredInMs: null,
        remedy: 'm',
        left: [],
        report: null,
      },
    },
  ];

  void it('holds words, no JSON and no epoch milliseconds', async () => {
    const events = [looked(0), ...FACTS.map((fact): SwitchEvent => ({ atMs: AT, ...fact }))];
    const text = reportMarkdown({
      switchId: 's',
      plan: await scriptedPlan('docs'),
      outcome: { kind: 'completed', report: null },
      events,
      sha256: 'f'.repeat(64),
      lostPages: [],
    });
    assert.doesNotMatch(text, /[{}]|"\w+":/);
    assert.doesNotMatch(text, /\b1[67]\d{11}\b/);
    assert.match(text, /\? latency: p95 is 1\.1 times that of blue<br>– dedupe: The plan names no queue\./);
    assert.match(text, /warning env-parity: differs/);
  });

  void it('does not take what a service wrote for markup', async () => {
    const events: SwitchEvent[] = [{ atMs: AT, type: 'note', text: '<img src=x>|\nsecond' }];
    const plan = await scriptedPlan('docs');
    const outcome = { kind: 'completed', report: null } as const;
    const text = reportMarkdown({ switchId: 's', plan, outcome, events, sha256: 'f', lostPages: [] });
    assert.match(text, /&lt;img src=x>\/ second \|/);
  });
});
