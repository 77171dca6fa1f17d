/** `cutover report`: where the report of an ended switch is, and what it says. */
import { endingOfRun, readRun, readStatus } from '../../client/index.ts';
import { RefusedError } from '../../domain/errors.ts';
import type { ProbeWindow } from '../../domain/look-input.ts';
import type { Plan } from '../../domain/plan.ts';
import { findPackOf, probeLines, readLook, readPack, readReport } from '../../evidence/index.ts';
import { STORE_OPTIONS, storeNamed } from '../evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { findingLines } from '../render/findings.ts';
import { flag, RUN_OPTION, TEMPORAL_OPTIONS, text, type CommandSpec, type Context } from '../spec.ts';
import { resolveService, withTemporal } from '../temporal.ts';

/** A report is a page; anything larger is not ours. */
const MAX_CHARS = 4_000_000;

export const report: CommandSpec = {
  name: 'report',
  usage: '<service>',
  maxPositionals: 1,
  about: 'Prints the path and the content of the report that a switch wrote when it ended.',
  options: {
    lines: {
      type: 'boolean',
      help: 'instead: its answered probes as request lines (NDJSON) with ΔS, coverage and λ (docs/request-line.md)',
    },
    ...RUN_OPTION,
    ...STORE_OPTIONS,
    ...TEMPORAL_OPTIONS,
  },
  examples: [
    'cutover report docs-rag',
    'cutover report docs-rag --run 0192f0c2-…',
    'cutover report docs-rag --lines > probes.ndjson',
  ],
  run: async (context) =>
    withTemporal(context, async ({ client }) => {
      const service = await resolveService(client, context);
      const run = text(context, 'run');
      const { runId, execution, state } = await readStatus(client, service, run);
      if (execution === 'RUNNING') {
        throw new RefusedError(
          `the switch of ${service} has not ended, so there is no report; see \`cutover status ${service}\``,
        );
      }
      const { outcome, how } = await endingOfRun(client, service, runId);
      if (outcome === null) {
        throw new RefusedError(
          `the switch of ${service} (run ${runId}) wrote no report: ${how}; see \`cutover history ${service}\``,
        );
      }
      const path = outcome.kind === 'refused' ? null : outcome.report;
      // Where no worker answers, the history still says what was planned.
      const past = state ?? (await readRun(client, service, runId));
      if (flag(context, 'lines')) {
        if (past === null) throw new RefusedError(`the plan of run ${runId} of ${service} cannot be read`);
        return printLines(context, past);
      }
      const known = {
        switchId: past?.switchId ?? runId,
        plan: past?.plan ?? null,
        named: storeNamed(context),
      };
      const content = path === null ? null : ((await readReport(path, known))?.slice(0, MAX_CHARS) ?? null);
      context.out.document({ service, runId, outcome, path, content });
      print(context, { outcome, path, content });
      return EXIT.ok;
    }),
};

/** Read from the evidence: also of a switch that was rolled back. */
async function printLines(
  context: Context,
  { switchId, plan }: { readonly switchId: string; readonly plan: Plan },
): Promise<number> {
  const pack = await readPack(await findPackOf(switchId, plan, storeNamed(context)), null);
  const windows: ProbeWindow[] = [];
  for (const digest of pack.looks) {
    const { probes } = (await readLook(pack.store, digest)).input;
    if (probes !== null) windows.push(probes);
  }
  for (const line of probeLines(windows, plan)) context.out.record(line);
  return EXIT.ok;
}

function print(
  { out }: Context,
  {
    outcome,
    path,
    content,
  }: {
    outcome: NonNullable<Awaited<ReturnType<typeof endingOfRun>>['outcome']>;
    path: string | null;
    content: string | null;
  },
): void {
  if (outcome.kind === 'refused') {
    out.line('refused at preflight, so there is no report; its findings:');
    for (const line of findingLines(outcome.findings, out.width, out.paint)) out.line(line);
  } else if (path === null) {
    out.line(`${outcome.kind}; the report could not be written: the evidence store did not answer`);
  } else {
    out.line(out.paint('dim', path));
    out.line(
      content ??
        'it lies where the worker wrote it, which is not readable from here: name the store with --dir or --plan',
    );
  }
}
