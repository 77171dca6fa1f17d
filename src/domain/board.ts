/**
 * The live board: one markdown text for the Temporal UI, and the plain facts behind `status`. A fold's picture only;
 * nothing here decides.
 */
import { formatDuration } from './duration.ts';
import type { Outcome, SwitchState } from './state.ts';
import { STAGES } from './stage.ts';
import type { Verdict } from './gate.ts';

const MARK: Readonly<Record<Verdict, string>> = {
  pass: '✔',
  fail: '✖',
  inconclusive: '?',
  error: '⚠',
  skipped: '–',
};

export function renderBoard(state: SwitchState): string {
  const { plan } = state;
  return [
    `### ${plan.service}: ${plan.from} → ${plan.to} · ${headline(state)}`,
    '',
    ...stageLines(state),
    '',
    `**Traffic on ${plan.to}**: desired ${state.desiredPercent} % · read back ${percent(state.actualPercent)} · generation ${state.generation ?? '–'}`,
    ...waitLines(state),
    ...concernLines(state),
    ...gateLines(state),
    ...decisionLines(state),
    ...(state.undo.length === 0 ? [] : ['', `**Undo registered**: ${state.undo.join(' · ')}`]),
  ]
    .map(oneLine)
    .join('\n');
}

/** What strangers wrote (names, reasons, texts of gates) gets no line of its own, which could say anything. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}

/** One line saying where the switch stands. */
export function headline(state: SwitchState): string {
  if (state.outcome !== null) {
    switch (state.outcome.kind) {
      case 'completed':
        return 'completed';
      case 'refused':
        return 'refused at preflight';
      case 'rolled-back':
        return `rolled back: ${state.outcome.reason}`;
    }
  }
  if (state.rollback !== null) {
    return state.rollback.stuck === null
      ? `ROLLING BACK: ${state.rollback.reason}`
      : `ROLLBACK STUCK at ${state.rollback.stuck}; it keeps trying`;
  }
  if (state.pause !== null) return `paused in ${state.stage} by ${state.pause.by}`;
  return state.hold === null ? state.stage : `${state.stage} · ${state.hold.step}`;
}

/** What to type to answer the present wait, one command a line; empty when nothing is waited for. */
export function answersTo(state: SwitchState): string[] {
  const { wait, plan } = state;
  if (wait === null) return [];
  const { service } = plan;
  const rollback = state.pastNoReturn ? [] : [`cutover rollback ${service} --reason "…"`];
  const override = `cutover override ${service} --hold --reason "…"`;
  switch (wait.kind) {
    case 'approval':
      return [`cutover approve ${service} --stage ${wait.stage ?? state.stage}`, ...rollback];
    case 'paused':
      return [`cutover resume ${service}`, ...rollback];
    case 'question': {
      const gates = (wait.gates ?? []).map(
        (gate) => `cutover override ${service} --gate ${gate} --reason "…"`,
      );
      return [`cutover approve ${service}`, ...(gates.length > 3 ? [] : gates), override, ...rollback];
    }
    case 'sick-from':
      return rollback;
    case 'peak':
    case 'backoff':
      return [override, ...rollback];
  }
}

/** When users were back, and what is not as it was, for the end of a sentence. */
export function backSaid({ restoredInMs, left }: Extract<Outcome, { kind: 'rolled-back' }>): string {
  const back =
    restoredInMs === null ? 'nobody had left' : `users were back after ${formatDuration(restoredInMs)}`;
  return left.length === 0 ? back : `${back}; NOT as before: ${left.join('; ')}`;
}

function stageLines(state: SwitchState): string[] {
  return [
    STAGES.map((stage) => {
      if (state.stagesPassed.includes(stage)) return `✔ ${stage}`;
      return stage === state.stage && state.outcome === null ? `**▶ ${stage}**` : stage;
    }).join(' · '),
  ];
}

function waitLines(state: SwitchState): string[] {
  const lines: string[] = [];
  if (state.wait !== null) {
    const until =
      state.wait.deadlineMs === null ? '' : ` until ${iso(state.wait.deadlineMs)}, then ${state.wait.then}`;
    lines.push('', `**Waiting for** ${state.wait.what}${until}`);
    for (const answer of answersTo(state)) lines.push(`- \`${answer}\``);
  } else if (state.hold !== null) {
    lines.push(
      '',
      `**Holding** ${state.hold.step} until ${iso(state.hold.endsMs)} (${state.hold.looks} looks)`,
    );
  }
  return lines;
}

function concernLines({ concerns }: SwitchState): string[] {
  return concerns.length === 0 ? [] : ['', ...concerns.map(({ what }) => `**Beware**: ${what}`)];
}

function gateLines(state: SwitchState): string[] {
  if (state.gates.length === 0) return [];
  return [
    '',
    '| gate | verdict | why |',
    '|---|---|---|',
    ...state.gates.map(
      (gate) =>
        `| ${gate.gate}${gate.advisory ? ' (advisory)' : ''} | ${MARK[gate.verdict]} ${gate.verdict} | ${gate.summary.replaceAll('|', '/')} |`,
    ),
  ];
}

/** What people decided against the plan as it was. */
function decisionLines(state: SwitchState): string[] {
  const said = [
    ...state.overrides.map(
      (one) => `overridden by ${one.by}: ${one.gate ?? 'the hold or wait'} (${one.reason})`,
    ),
    ...state.loosened.map((one) => `loosened by ${one.by}: ${one.what} (${one.reason})`),
  ];
  return said.length === 0 ? [] : ['', ...said.slice(-10).map((one) => `- ${one}`)];
}

function percent(value: number | null): string {
  return value === null ? 'not yet read' : `${value} %`;
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
