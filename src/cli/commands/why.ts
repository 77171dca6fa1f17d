/**
 * `cutover why`: what is behind the verdict of a gate: the questions with what both colors answered, or the regions and routes.
 * Invariant: everything shown is read from the evidence that the gate was judged by, so it explains that verdict and no later state.
 */
import type { Client } from '@temporalio/client';
import { behind } from '../../board/behind.ts';
import { verdictSaid } from '../../board/behind-words.ts';
import { readEvents, readStatus } from '../../client/index.ts';
import { RefusedError, UserError } from '../../domain/errors.ts';
import { BUILT_IN_GATES } from '../../domain/gate.ts';
import type { GateRecord, GateSummary } from '../../domain/gate-record.ts';
import type { LookInput } from '../../domain/look-input.ts';
import type { Probe } from '../../domain/probe.ts';
import type { SwitchState } from '../../domain/state.ts';
import { openEvidence, readLook, withAnswers } from '../../evidence/index.ts';
import { nearest } from '../../plan/nearest.ts';
import { loadProbeSet } from '../../probes/index.ts';
import { storeNamed, STORE_OPTIONS } from '../evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { headLine, behindLines, withTexts } from '../render/behind.ts';
import { oneLine } from '../render/text.ts';
import { required, RUN_OPTION, TEMPORAL_OPTIONS, text, type CommandSpec, type Context } from '../spec.ts';
import { resolveService, withTemporal } from '../temporal.ts';

export const why: CommandSpec = {
  name: 'why',
  usage: '[service] <gate>',
  maxPositionals: 2,
  about:
    'Shows what is behind the verdict of a gate at the last look that judged it: the questions with both answers side by side, or the regions and routes with the numbers of both colors, and what to do. With --json everything, uncut.',
  options: {
    step: { type: 'string', value: '<step>', help: 'of another step, e.g. "ramp 25 %" (default: the last)' },
    look: { type: 'string', value: '<number>', help: 'of another look of that step (default: the last)' },
    ...RUN_OPTION,
    ...STORE_OPTIONS,
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover why coverage', 'cutover why docs-rag latency --step "ramp 25 %" --look 3 --json'],
  run: async (context) => withTemporal(context, async ({ client }) => tell(context, client)),
};

async function tell(context: Context, client: Client): Promise<number> {
  const { positionals } = context;
  const gate = required(context, Math.max(0, positionals.length - 1), 'the gate');
  const service = await resolveService(client, { ...context, positionals: positionals.slice(0, -1) });
  const { state, live, runId } = await readStatus(client, service, text(context, 'run'));
  if (state === null) throw new RefusedError('no worker answers; start one with `cutover worker`');
  const events = await readEvents(client, service, runId);
  const looks = events.filter((event) => event.type === 'looked');
  if (live !== null && looks.at(-1)?.evidence !== live.evidence) {
    // A look of the hold under way is in no event yet.
    looks.push({ ...live, type: 'looked', atMs: Date.now(), step: state.hold?.step ?? state.stage });
  }
  const { step, evidence } = chosen(context, { gate, service, state }, looks);
  const { input, record } = await readEvidence(context, state, evidence, gate);
  const found = behind(input, record);
  const { asked, note } = await questionsOf(state, input);
  const questions = withTexts(found.questions, asked);
  if (note !== null && questions.length > 0) context.out.note(note);
  const { out } = context;
  out.line(headLine(verdictSaid(record), record, out));
  for (const line of behindLines(input, record, { ...found, questions }, out.width)) out.line(line);
  out.line(out.paint('dim', `  evidence ${record.evidenceRef.slice(0, 12)}; --json shows all of it`));
  const { replays, queues, counters, judgeErrors } = input;
  const beside = { replays, queues, counters, judgeErrors };
  out.document({ service, runId, step, evidence, record, ...found, questions, ...beside });
  return EXIT.ok;
}

interface Looked {
  readonly step: string;
  readonly look: { readonly index: number };
  readonly gates: readonly GateSummary[];
  readonly evidence: string;
}

/** @throws UserError for a gate, step or look that is none; RefusedError where the gate has not been judged. */
function chosen(
  context: Context,
  { gate, service, state }: { gate: string; service: string; state: SwitchState },
  looks: readonly Looked[],
): Looked {
  const known = [...BUILT_IN_GATES, ...state.plan.customGates.map(({ name }) => `custom:${name}`)];
  if (!known.includes(gate)) {
    const meant = nearest(gate, known);
    throw new UserError(`there is no gate ${JSON.stringify(gate.slice(0, 60))}`, {
      hint:
        meant === null ? `gates: ${known.join(', ')}` : `did you mean \`cutover why ${service} ${meant}\`?`,
    });
  }
  const judged = looks.filter(({ gates }) => gates.some((one) => one.gate === gate));
  const first = judged.at(-1);
  if (first === undefined) {
    throw new RefusedError(
      `${gate} has not been judged in this switch of ${service}, which is in ${state.stage}`,
    );
  }
  const [step, look] = [text(context, 'step'), text(context, 'look')];
  const bare = (name: string): string => name.toLowerCase().replaceAll(/[\s%]/g, '');
  const ofStep = judged.filter((one) => bare(one.step) === bare(step ?? first.step));
  const found = ofStep.findLast(({ look: { index } }) => look === undefined || String(index) === look);
  if (found === undefined) {
    const list = [...new Set(judged.map((one) => `${one.step} (look ${one.look.index})`))].join(', ');
    const asked = `${step ?? first.step}${look === undefined ? '' : `, look ${look.slice(0, 20)}`}`;
    throw new UserError(`no look of ${asked.slice(0, 80)} at which ${gate} was judged is on record`, {
      hint: `on record: ${list}; looks in between are recorded only where a verdict changed`,
    });
  }
  return found;
}

async function readEvidence(
  context: Context,
  { plan }: SwitchState,
  digest: string,
  gate: string,
): Promise<{ input: LookInput; record: GateRecord }> {
  const store = await openEvidence(plan, storeNamed(context));
  try {
    const { input, records } = await readLook(store, digest);
    const record = records.find((one) => one.gate === gate);
    if (record !== undefined) return { input: await withAnswers(store, input), record };
    throw new Error(`it holds no record of ${gate}`);
  } catch (cause) {
    const reason = oneLine(cause instanceof Error ? cause.message : String(cause));
    throw new UserError(`the evidence of that look cannot be read: ${reason}`, {
      hint: 'run it where the worker keeps its evidence, or name the store with --dir or --plan',
      cause,
    });
  }
}

/** Evidence knows questions by their id: the texts stand in the probe set. */
async function questionsOf(
  { plan }: SwitchState,
  { probes }: LookInput,
): Promise<{ asked: ReadonlyMap<string, Probe>; note: string | null }> {
  const asked = new Map<string, Probe>();
  const set = await loadProbeSet(plan.probes.set).catch(() => null);
  if (set === null) return { asked, note: `no texts: the probe set ${plan.probes.set} cannot be read here` };
  if (probes !== null && probes.setDigest !== set.digest) {
    return { asked, note: `no texts: ${plan.probes.set} is another probe set than the one that was asked` };
  }
  return { asked: new Map(set.probes.map((probe) => [probe.id, probe])), note: null };
}
