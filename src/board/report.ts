/** The report of an ended switch, for people: how it ended and what happened when. */
import type { SwitchEvent } from '../domain/event.ts';
import { shortPercent } from '../domain/gates/ruling.ts';
import type { SeenAfter } from '../domain/gates/sight-after.ts';
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
  /** Holds in which users were judged, as they went. */
  readonly holds: readonly { readonly step: string; readonly seen: SeenAfter | null }[];
}

export function reportMarkdown(facts: ReportFacts): string {
  const { switchId, plan, outcome, events, sha256, lostPages } = facts;
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
    ...seenLines(facts),
    ...stepLines(facts),
    '## What happened',
    '',
    '| time (UTC) | what |',
    '|---|---|',
    ...events.map((event) => `| ${new Date(event.atMs).toISOString().slice(0, 23)} | ${describe(event)} |`),
    '',
  ].join('\n');
}

/** What a worse color would have had to show: so that a pass is not taken for more than it was. */
function seenLines({ holds, plan: { from, to } }: ReportFacts): string[] {
  if (holds.length === 0) return [];
  const rows = holds.map(({ step, seen }) => {
    if (seen === null) return `| ${cell(step)} | – | users failed it as it was | |`;
    const { requests, errors, ratio } = seen;
    const beside = requests.from === null ? '' : `, ${requests.from} on ${from}`;
    const rate = errors === null ? 'none' : `from ${shortPercent(errors)} on`;
    const p95 = ratio === null ? 'none' : `from × ${ratio.toFixed(2)} on`;
    return `| ${cell(step)} | ${requests.to} on ${to}${beside} | ${rate} | ${p95} |`;
  });
  return [
    '## What the holds would have failed',
    '',
    `By users' traffic as it was, had ${to} been worse from their start on, for all users alike. Probes are judged beside it.`,
    '',
    `| hold | requests | errors of ${to} | its p95, against ${from} |`,
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

/** The user's own steps, and what has become of each: what is kept after a rollback must not be looked for in a long table. */
function stepLines({ plan: { steps = [] }, events }: ReportFacts): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ name, at, do: action, reason }) => {
    const last = events.findLast((event) => event.type === 'step' && event.step === name);
    const how = last === undefined ? 'not reached' : eventSaid(last)[2];
    return `| ${cell(name)} | ${at} | ${cell(action.use)} | ${cell(how)} | ${cell(reason ?? '')} |`;
  });
  return [
    '## Steps',
    '',
    '| step | at | by | what became of it | why it is kept |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
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
