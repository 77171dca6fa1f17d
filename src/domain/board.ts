/**
 * The live board: one markdown text for the Temporal UI, and the plain facts behind `status`. A fold's picture only;
 * nothing here decides.
 */
import type { SwitchState } from './state.ts';
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
    ...(state.undo.length === 0 ? [] : ['', `**Undo registered**: ${state.undo.join(' · ')}`]),
  ].join('\n');
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

function percent(value: number | null): string {
  return value === null ? 'not yet read' : `${value} %`;
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
