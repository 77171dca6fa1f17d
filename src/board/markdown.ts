/** The live board as markdown, for the Temporal UI. */
import type { SwitchState } from '../domain/state.ts';
import { cell, oneLine } from './lines.ts';
import { MARK } from './marks.ts';
import { answersTo, headline, stageMarks, stepsSaid } from './standing.ts';

export function renderBoard(state: SwitchState): string {
  const { plan } = state;
  return [
    `### ${plan.service}: ${plan.from} → ${plan.to} · ${headline(state)}`,
    '',
    stageLine(state),
    '',
    `**Traffic on ${plan.to}**: desired ${state.desiredPercent} % · read back ${percent(state.actualPercent)} · generation ${state.generation ?? '–'}`,
    ...waitLines(state),
    ...concernLines(state),
    ...gateLines(state),
    ...decisionLines(state),
    ...(state.steps.length === 0 ? [] : ['', `**Steps**: ${stepsSaid(state)}`]),
    ...(state.undo.length === 0 ? [] : ['', `**Undo registered**: ${state.undo.join(' · ')}`]),
  ]
    .map(oneLine)
    .join('\n');
}

function stageLine(state: SwitchState): string {
  return stageMarks(state)
    .map(({ stage, tone, mark }) => {
      if (tone === 'dim') return stage;
      return tone === 'good' ? `${mark} ${stage}` : `**${mark} ${stage}**`;
    })
    .join(' · ');
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
        `| ${gate.gate}${gate.advisory ? ' (advisory)' : ''} | ${MARK[gate.verdict]} ${gate.verdict} | ${cell(gate.summary)} |`,
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
