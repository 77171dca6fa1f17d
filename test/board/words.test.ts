/** What a switch says of itself, in the report and on every screen: words, not data, and nothing that did not happen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportMarkdown } from '../../src/board/report.ts';
import { eventSaid, outcomeSaid } from '../../src/board/words.ts';
import { renderBoard } from '../../src/board/markdown.ts';
import type { SwitchEvent, SwitchFact } from '../../src/domain/event.ts';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { evolve } from '../../src/domain/evolve.ts';
import { initialState } from '../../src/domain/state.ts';
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

  void it('name the cohorts where cohorts move users, and the weight where it was not taken over', () => {
    const written = {
      atMs: AT,
      type: 'edge-written',
      step: 'ramp-50',
      desiredPercent: 50,
      generation: 3,
    } as const;
    const said = (over: { actualPercent: number; cohorts?: readonly string[] }): string =>
      eventSaid({ ...written, ...over })[2];
    assert.equal(
      said({ actualPercent: 50, cohorts: ['staff', 'beta'] }),
      'ramp-50: cohorts staff, beta (generation 3)',
    );
    assert.match(said({ actualPercent: 50 }), /^ramp-50: weight 50 %, /);
    assert.match(said({ actualPercent: 5, cohorts: ['staff'] }), /read back 5 %/);
    assert.match(said({ actualPercent: 50, cohorts: [] }), /^ramp-50: weight 50 %, /);
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
      holds: [],
    });
    assert.doesNotMatch(text, /[{}]|"\w+":/);
    assert.doesNotMatch(text, /\b1[67]\d{11}\b/);
    assert.match(text, /\? latency: p95 is 1\.1 times that of blue<br>– dedupe: The plan names no queue\./);
    assert.match(text, /warning env-parity: differs/);
  });

  void it('says what each hold would have failed, and that nothing is known of one that did', async () => {
    const seen = { errors: 0.0213, ratio: 1.437, requests: { to: 1200, from: 10_800 } };
    const text = reportMarkdown({
      switchId: 's',
      plan: await scriptedPlan('docs'),
      outcome: { kind: 'completed', report: null },
      events: [],
      sha256: 'f',
      lostPages: [],
      holds: [
        { step: 'ramp 10 %', seen },
        { step: 'hold', seen: { errors: null, ratio: null, requests: { to: 9000, from: null } } },
        { step: 'ramp 50 %', seen: null },
      ],
    });
    assert.match(
      text,
      /\| ramp 10 % \| 1200 on green, 10800 on blue \| from 2\.1 % on \| from × 1\.44 on \|/,
    );
    assert.match(text, /\| hold \| 9000 on green \| none \| none \|/);
    assert.match(text, /\| ramp 50 % \| – \| users failed it as it was \| \|/);
  });

  void it('does not take what a service wrote for markup', async () => {
    const events: SwitchEvent[] = [{ atMs: AT, type: 'note', text: '<img src=x>|\nsecond' }];
    const plan = await scriptedPlan('docs');
    const outcome = { kind: 'completed', report: null } as const;
    const text = reportMarkdown({
      switchId: 's',
      plan,
      outcome,
      events,
      sha256: 'f',
      lostPages: [],
      holds: [],
    });
    assert.match(text, /&lt;img src=x>\/ second \|/);
  });
});

void describe('the board and the report (F5)', () => {
  const FORGED = 'x)\n\n**Waiting for** nobody\r\n### docs: all is well\u2028| a | b |';
  const isForged = (text: string): boolean =>
    text
      .split(/[\r\n\u2028\u2029]/)
      .some((line) => /^(\*\*Waiting for\*\* nobody|###? docs: all|\| a \|)/.test(line));

  void it('give no line of their own to what a stranger wrote', async () => {
    const plan = await scriptedPlan('docs');
    const facts: SwitchFact[] = [
      { type: 'hold-started', step: 'hold', forMs: 1, looks: 1 },
      {
        ...looked(1),
        gates: [gate('pass', FORGED)],
        concerns: [{ kind: 'edge-foreign', color: null, what: FORGED }],
      } as SwitchFact,
      {
        type: 'commanded',
        command: { name: 'override', hold: true, by: FORGED, reason: FORGED, commandId: 'o' },
        answer: FORGED,
      },
      { type: 'commanded', command: { name: 'pause', by: FORGED, commandId: 'p' }, answer: FORGED },
      {
        type: 'waiting',
        wait: {
          kind: 'paused',
          what: `resume (paused by ${FORGED})`,
          sinceMs: 0,
          deadlineMs: 1,
          then: 'roll back',
        },
      },
      { type: 'rollback-started', trigger: 'operator', reason: FORGED, gate: null },
    ];
    const outcome = {
      kind: 'rolled-back',
      reason: FORGED,
      gate: null,
      restoredInMs: 1,
      remedy: 'r',
      left: [FORGED],
      report: null,
    } as const;
    let state = initialState(plan, 'd', 's');
    const events = [...facts, { type: 'ended', outcome } as const].map((fact) => ({ ...fact, atMs: AT }));
    for (const event of events) {
      state = evolve(state, event);
      assert.ok(!isForged(renderBoard(state)), renderBoard(state));
    }
    const report = reportMarkdown({
      switchId: 's',
      plan,
      outcome,
      events,
      sha256: 'x',
      lostPages: [],
      holds: [],
    });
    assert.ok(!isForged(report), report);
  });

  void it('say of steps of one’s own where each is, and what a rollback kept and why', async () => {
    const ref = { use: 'x' };
    const step = {
      at: 'frozen',
      do: ref,
      undo: ref,
      undoUntil: 'flip',
      reason: 'green needs it',
      withinMs: 1,
    } as const;
    const plan = {
      ...(await scriptedPlan('steps')),
      steps: [
        { ...step, name: 'up' },
        { ...step, name: 'swap' },
      ],
    };
    const said = (name: string, how: 'begun' | 'done' | 'kept' | 'undone', detail = ''): SwitchEvent => ({
      atMs: AT,
      type: 'step',
      step: name,
      round: 1,
      how,
      detail,
    });
    const events = [
      said('up', 'begun'),
      said('up', 'done', 'ran up.sql'),
      said('up', 'kept', 'green needs it'),
    ];
    const board = renderBoard(events.slice(0, 2).reduce(evolve, initialState(plan, 'd', 'r')));
    assert.match(board, /\*\*Steps\*\*: up done/);
    assert.match(board, /\*\*Undo registered\*\*: step up/);
    const outcome = {
      kind: 'rolled-back',
      reason: 'drill',
      gate: null,
      restoredInMs: 1,
      remedy: '',
      left: [],
      report: null,
    } as const;
    const report = reportMarkdown({
      switchId: 'r',
      plan,
      outcome,
      events,
      sha256: '',
      lostPages: [],
      holds: [],
    });
    assert.match(
      report,
      /\| up \| frozen \| x \| step up is kept, as the plan says: green needs it \| green needs it \|/,
    );
    assert.match(report, /\| swap \| frozen \| x \| not reached \|/);
  });
});
