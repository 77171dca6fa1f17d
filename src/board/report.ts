/** The report of an ended switch, for people: how it ended and what happened when. */
import type { SwitchEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Outcome } from '../domain/state.ts';
import { cell, oneLine } from './lines.ts';
import { MARK } from './marks.ts';
import { backSaid } from './standing.ts';
import { eventSaid } from './words.ts';

interface ReportFacts {
  readonly switchId: string;
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly events: readonly SwitchEvent[];
  /** Of the evidence pack. */
  readonly sha256: string;
  /** Digests of pages of events that the store lost. */
  readonly lostPages: readonly string[];
}

export function reportMarkdown({ switchId, plan, outcome, events, sha256, lostPages }: ReportFacts): string {
  const ending =
    outcome.kind === 'rolled-back'
      ? `rolled back to ${plan.from}: ${outcome.reason}. ${backSaid(outcome)}. ${outcome.remedy}`
      : outcome.kind;
  return [
    `# Switch of ${plan.service}: ${plan.from} → ${plan.to}`,
    '',
    `- switch: \`${switchId}\``,
    `- outcome: **${oneLine(ending)}**`,
    `- releases: ${plan.from} ${plan.colors[plan.from].release}, ${plan.to} ${plan.colors[plan.to].release}`,
    `- evidence pack sha256: \`${sha256}\``,
    ...lostPages.map((digest) => `- **events are missing**: the evidence store lost page \`${digest}\``),
    '',
    '## What happened',
    '',
    '| time (UTC) | what |',
    '|---|---|',
    ...events.map((event) => `| ${new Date(event.atMs).toISOString().slice(0, 23)} | ${describe(event)} |`),
    '',
  ].join('\n');
}

/** The words of every other screen; a look says each gate, findings what each is. The pack has the rest. */
function describe(event: SwitchEvent): string {
  const [, mark, what] = eventSaid(event);
  const more =
    event.type === 'looked'
      ? event.gates.map((gate) => `${MARK[gate.verdict]} ${gate.gate}: ${gate.summary}`)
      : event.type === 'findings'
        ? event.findings.map((one) => `${one.severity} ${one.code}: ${one.message}`)
        : [];
  return [`${mark} ${what}`, ...more].map(cell).join('<br>');
}
