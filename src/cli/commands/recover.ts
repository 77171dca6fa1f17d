/** `cutover recover`: says where a dead switch left the users, and brings them all to one color. */
import { findStranded, follow, proposal, startRecovery, type Stranded } from '../../client/index.ts';
import { otherColor, type Color } from '../../domain/color.ts';
import { UserError } from '../../domain/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { eventLine } from '../render/event-line.ts';
import { BY_OPTION, required, TEMPORAL_OPTIONS, text, who, type CommandSpec, type Context } from '../spec.ts';
import { withTemporal } from '../temporal.ts';

const LOOK_MS = 1000;

export const recover: CommandSpec = {
  name: 'recover',
  usage: '<service>',
  maxPositionals: 1,
  about:
    'For a switch that was terminated, failed, timed out or was replaced by another start: says where users are, and with --to brings them all to one color: traffic in one write, writes thawed, producers, write modes, then jobs, caches and warmth. Without --to it asks, or outside a terminal only says what it found.',
  options: {
    to: {
      type: 'string',
      value: '<where>',
      help: 'from, to, blue or green; from is where users were before the switch',
    },
    reason: { type: 'string', value: '<text>', help: 'why; stands in the history and in the report' },
    ...BY_OPTION,
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover recover docs-rag', 'cutover recover docs-rag --to from --reason "was terminated"'],
  run: async (context) => {
    const service = required(context, 0, 'the service').replace(/^cutover\//, '');
    const given = text(context, 'to');
    return withTemporal(context, async ({ client }) => {
      const stranded = await findStranded(client, service);
      const { out } = context;
      for (const line of standingLines(service, stranded)) out.line(line);
      const to = given === undefined ? await asked(context, stranded) : colorOf(given, stranded);
      if (to === null) {
        const proposed = proposal(stranded);
        out.line(
          `nothing was changed; to bring everybody to ${proposed}: cutover recover ${service} --to ${proposed}`,
        );
        out.document({ service, ...stranded, proposed, outcome: null });
        return EXIT.ok;
      }
      const reason = text(context, 'reason') ?? `recovered to ${to}`;
      const handle = await startRecovery(client, stranded, { to, by: who(context), reason });
      const { runId } = await handle.describe();
      out.line(`bringing everybody to ${to}, run ${runId}`);
      const { outcome, how } = await follow(handle, {
        everyMs: LOOK_MS,
        signal: context.signal,
        onEvent: (event) => out.line(eventLine(event, out.paint)),
        onSilence: () =>
          out.note(
            `no worker answers on task queue ${stranded.last.taskQueue}; start one with \`cutover worker\``,
          ),
      });
      out.document({ service, ...stranded, proposed: proposal(stranded), runId, outcome, how });
      return outcome?.kind === 'rolled-back' ? EXIT.ok : EXIT.endedOtherwise;
    });
  },
};

function standingLines(service: string, { last, writer, found }: Stranded): string[] {
  const { plan, execution, runId, closedAt } = last;
  const { edge, edgeProblem, health } = found;
  const head = `${service}: the last switch (${plan.from} ${plan.colors[plan.from].release} → ${plan.to} ${plan.colors[plan.to].release}, run ${runId}) ${howItEnded(execution)}${closedAt === null ? '' : ` at ${closedAt}`}`;
  if (edge === null) {
    return [
      head,
      edgeProblem === null
        ? 'the edge has no config yet: users are on its default color'
        : `the edge could not be read: ${edgeProblem}`,
    ];
  }
  const [switchId = '', ...step] = edge.writer.split('/');
  const wrote =
    writer === null
      ? `by ${edge.writer}, which is no switch of this namespace`
      : `by run ${switchId}${writer.runId === runId ? '' : ', an earlier one'} (${step.join('/')})`;
  const target = (writer ?? last).plan.to;
  return [
    head,
    `  users      ${edge.weightPercent} % on ${target}, the others on ${otherColor(target)}; generation ${edge.generation}, written ${wrote}`,
    `  producers  ${edge.producer}`,
    `  writes     blue ${edge.writes.blue} · green ${edge.writes.green}${edge.freezeUntilMs === null ? '' : `; frozen until ${new Date(edge.freezeUntilMs).toISOString()}`}`,
    `  health     blue ${health.blue} · green ${health.green}`,
  ];
}

/** `COMPLETED` is Temporal's word for a run that ended by itself: a switch that rolled back did as well. */
function howItEnded(execution: string): string {
  if (execution === 'COMPLETED') return 'ended by itself';
  if (execution === 'RUNNING') return 'is running';
  return execution === 'FAILED' || execution === 'TIMED_OUT'
    ? execution.toLowerCase().replace('_', ' ')
    : `was ${execution.toLowerCase().replaceAll('_', ' ')}`;
}

function colorOf(word: string, { last, writer }: Stranded): Color {
  const { plan } = writer ?? last;
  if (word === 'from' || word === 'to') return plan[word];
  if (word === 'blue' || word === 'green') return word;
  throw new UserError(`--to must be from, to, blue or green, not ${JSON.stringify(word.slice(0, 40))}`, {
    hint: `from is ${plan.from}, to is ${plan.to}`,
  });
}

/** Null when nobody can be asked, or the answer is no. */
async function asked({ out, signal }: Context, stranded: Stranded): Promise<Color | null> {
  if (out.ask === null) return null;
  const proposed = proposal(stranded);
  const question = `Bring everybody to ${proposed}? [y = ${proposed}, ${otherColor(proposed)}, n] `;
  const word = (await out.ask(question, signal)).trim().toLowerCase();
  if (word === 'y' || word === 'yes') return proposed;
  return word === 'blue' || word === 'green' ? word : null;
}
