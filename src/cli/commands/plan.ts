/** `cutover plan validate|preview`: checks a plan, or lists every side effect it leads to. Touches nothing. */
import { UserError } from '../../domain/errors.ts';
import { problemJson } from '../../plan/errors.ts';
import { nearest } from '../../plan/nearest.ts';
import { previewPlan, shortestMs } from '../../plan/preview.ts';
import { previewText } from '../../plan/preview-text.ts';
import { wrap } from '../../plan/wrap.ts';
import { loadProbeSet } from '../../probes/probe-set.ts';
import { EXIT } from '../exit-codes.ts';
import { knownTraffic } from '../known-traffic.ts';
import { saidBefore } from '../plan-sight.ts';
import { readPlan } from '../read-plan.ts';
import { required, type CommandSpec } from '../spec.ts';

const ACTIONS = ['validate', 'preview'] as const;

export const plan: CommandSpec = {
  name: 'plan',
  usage: 'validate|preview <cutover.yaml>',
  maxPositionals: 2,
  about:
    'validate reports every problem at once, as file:line:column (exit 2 if there is one). preview lists every side effect in order, with its earliest time, its undo and who is asked; then, from the last week of telemetry where it can be read, what the gates could see and what the probes cost. Neither needs a server.',
  options: {},
  examples: ['cutover plan validate cutover.yaml', 'cutover plan preview cutover.yaml --json'],
  run: async (context) => {
    const { out } = context;
    const action = actionOf(required(context, 0, 'validate or preview'));
    // With its probe set, so that the digest is the one that a start records.
    const loaded = await readPlan(required(context, 1, 'the plan file'), context);
    const { plan: read, digest, file, warnings } = loaded;
    const found = warnings.map((problem) => problemJson(problem));
    if (action === 'validate') {
      const { service, from, to } = read;
      out.line(
        `${out.paint('good', '✔')} ${file} is a valid plan: ${service}, ${from} → ${to}, digest ${digest.slice(0, 12)}`,
      );
      out.document({ ok: true, file, digest, warnings: found, plan: read });
    } else {
      out.line(previewText(read).trimEnd());
      const known = await knownTraffic(read, context.env, context.signal);
      const said = saidBefore(read, await loadProbeSet(read.probes.set), known);
      out.line();
      out.line('What the gates could see, in four of five holds with such a fault from their start on:');
      for (const line of said.lines.flatMap((one) => wrap(one, 4, 2))) out.line(line);
      const { gates, probes, cost } = said;
      out.document({
        file,
        digest,
        warnings: found,
        shortestMs: shortestMs(read),
        steps: previewPlan(read),
        sight: { ...gates, source: known.source, probes },
        cost,
      });
    }
    return EXIT.ok;
  },
};

function actionOf(given: string): (typeof ACTIONS)[number] {
  const action = ACTIONS.find((one) => one === given);
  if (action !== undefined) return action;
  const meant = nearest(given, ACTIONS);
  throw new UserError(`cutover plan cannot ${JSON.stringify(given.slice(0, 60))}`, {
    hint:
      meant === null
        ? 'say `cutover plan validate <file>` or `cutover plan preview <file>`'
        : `did you mean \`cutover plan ${meant}\`?`,
  });
}
