/** The matrix as a table, and the page of the documentation around it. */
import { cpus, totalmem } from 'node:os';
import { CASES, gateOf, type DefectCase } from './cases.ts';
import { endingOf, type DefectRun } from './result.ts';

const HEAD = [
  'defect',
  'must be caught by',
  'caught',
  'other endings',
  'seconds to the verdict: median (p10–p90)',
  'seen by users',
  'ledger whole',
];

export interface Tally {
  readonly defect: DefectCase;
  readonly runs: readonly DefectRun[];
  readonly caught: number;
  /** Endings that were not expected, with how often. */
  readonly others: ReadonlyMap<string, number>;
}

export function tally(runs: readonly DefectRun[]): Tally[] {
  return CASES.map((defect) => {
    const own = runs.filter((run) => run.case === defect.name);
    const endings = own.map((run) => endingOf(defect, run));
    const others = new Map<string, number>();
    for (const { asExpected, words } of endings)
      if (!asExpected) others.set(words, (others.get(words) ?? 0) + 1);
    return { defect, runs: own, caught: endings.filter((one) => one.asExpected).length, others };
  }).filter(({ runs }) => runs.length > 0);
}

/** Every run ended as it must and lost nothing. */
export function isClean({ runs, caught }: Tally): boolean {
  return caught === runs.length && runs.every((run) => run.ledger.ok);
}

export function table(tallies: readonly Tally[]): string {
  const rows = tallies.map(row);
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function row({ defect, runs, caught, others }: Tally): string[] {
  const must = defect.stage === null ? 'nothing: it completes' : `${gateOf(defect)} in ${defect.stage}`;
  const percent = Math.max(...runs.map((run) => run.users.percent));
  const answers = runs.map((run) => run.users.answers);
  const users =
    defect.stage === null
      ? 'all'
      : percent === 0
        ? 'nobody'
        : `${percent} % of them, ${Math.min(...answers)}–${Math.max(...answers)} answers`;
  return [
    `${defect.title} (\`${defect.name}\`)`,
    must,
    `${caught}/${runs.length}`,
    [...others].map(([words, n]) => `${n} × ${words}`).join(', ') || '–',
    spread(runs.map((run) => run.verdict?.seconds ?? run.switchSeconds)),
    users,
    `${runs.filter((run) => run.ledger.ok).length}/${runs.length}`,
  ];
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): string => (sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0).toFixed(1);
  return sorted.length < 2 ? at(0.5) : `${at(0.5)} (${at(0.1)}–${at(0.9)})`;
}

/** @param made the command and the commit that made the table. */
export function page(tallies: readonly Tally[], made: { command: string; commit: string }): string {
  const runs = tallies.flatMap((one) => one.runs);
  const days = [...new Set(runs.map((run) => run.at.slice(0, 10)))].sort();
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  return `# Does each gate catch what it is for?

Every defect below was put into green of the sample service (the shared cache prefix: into its edge), and then a real switch was run: Temporal
server, worker, edge on workerd, SQS queues, both colors and 60 requests a second of users, with the plan of \`npm start\`. A run counts as caught only if the switch was rolled back by the
named gate in the named stage, the first in which that defect can be seen at all, without asking anybody. The healthy row counts
completed switches in which no gate failed or asked.

${table(tallies)}

Made by \`${made.command}\` at ${made.commit} on ${days.join(' and ')}, on ${machine}; ${runs.length} switches. The seconds count from
the start of the switch to the look that failed (for a switch that no gate ended: to its end). A percentage of users is the
canary's, and sticky; everybody else was never on green. The ledger check compares what users sent and saw with the store, the queues and the edge's log after each run.
The command ends with 1 if one run ended in another way. ${runs.length === 0 ? '' : 'One finished run is a line of `.cutover/defects/results.ndjson`, with what every failed gate said.'}

## The defects

${tallies.map(({ defect }) => `**${heading(defect)}.** ${defect.about}`).join('\n\n')}
`;
}

function heading({ title, name, stage }: DefectCase): string {
  const words = title.charAt(0).toUpperCase() + title.slice(1);
  return stage === null ? words : `${words}, \`npm start -- --fault ${name}\``;
}
