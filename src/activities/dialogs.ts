/**
 * Conversations across the flip: while both colors take writes each hold begins some on `from`, continues them on `to` and, to compare,
 * on `from` itself, and leaves some open. After the flip the open ones are continued on `to`.
 */
import type { Color } from '../domain/color.ts';
import { EvidenceGoneError } from '../domain/errors.ts';
import { gatesThatNeed } from '../domain/gate.ts';
import type { DialogRun, LookInput } from '../domain/look-input.ts';
import { redact } from '../domain/redact.ts';
import type { Dialogs, OpenDialog } from '../probes/dialogs.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

/** Of one hold. */
export interface AskedDialogs {
  readonly runs: readonly DialogRun[];
  /** Digest of those that were left open for the audit; null: none. */
  readonly open: string | null;
  readonly judgeErrors: LookInput['judgeErrors'];
}

const NO_DIALOGS: AskedDialogs = { runs: [], open: null, judgeErrors: [] };

/** Once a hold; again at each look while some of them were not answered. */
export async function askDialogs(
  world: World,
  input: WatchInput,
  before: AskedDialogs | null,
): Promise<AskedDialogs> {
  const needing = gatesThatNeed('dialogs');
  const isAsked = input.gates.some(
    ({ gate, skip }) => skip === undefined && needing.some((one) => one === gate),
  );
  // A watch without an end has no first look.
  if (!isAsked || input.looks === null) return NO_DIALOGS;
  const isAnswered = before?.judgeErrors.length === 0 && before.runs.every(({ error }) => error === null);
  if (before !== null && isAnswered) return before;
  try {
    const { dialogs } = await world.prober(input.targets, input.probes);
    if (dialogs === undefined) return NO_DIALOGS;
    return input.stage === 'audit'
      ? await afterFlip(world, input, dialogs, before?.runs ?? [])
      : await beforeFlip(world, input, dialogs);
  } catch (cause) {
    signal().throwIfAborted();
    const message = `dialogs could not be asked: ${redact(cause instanceof Error ? cause.message : String(cause))}`;
    return { ...NO_DIALOGS, judgeErrors: [{ gates: needing, message }] };
  }
}

async function beforeFlip(world: World, { targets }: WatchInput, dialogs: Dialogs): Promise<AskedDialogs> {
  const { from, to } = targets;
  const runs: DialogRun[] = [];
  for (const color of [to, from]) runs.push(...(await beginAndProceed(dialogs, from, color)));
  const open = await dialogs.begin(from, signal());
  return { runs, open: await (await world.port('evidence', targets)).put(open), judgeErrors: [] };
}

/**
 * `from` is read-only by now: `to` is compared with itself.
 * @param before of an earlier look: what was answered is not asked again, it would be a third turn
 */
async function afterFlip(
  world: World,
  input: WatchInput,
  dialogs: Dialogs,
  before: readonly DialogRun[],
): Promise<AskedDialogs> {
  const { from, to } = input.targets;
  const answered = before.filter(({ begun, error }) => begun === from && error === null);
  const open = await leftOpen(world, input);
  const rest = open.filter(({ id }) => !answered.some((one) => one.id === id));
  const across = [...answered, ...(await dialogs.proceed(rest, to, signal()))];
  return { runs: [...across, ...(await beginAndProceed(dialogs, to, to))], open: null, judgeErrors: [] };
}

async function beginAndProceed(dialogs: Dialogs, from: Color, to: Color): Promise<readonly DialogRun[]> {
  return dialogs.proceed(await dialogs.begin(from, signal()), to, signal());
}

/** None where no hold before the flip has begun any, or its evidence is gone: the gate says so. */
async function leftOpen(world: World, { targets, openDialogs }: WatchInput): Promise<readonly OpenDialog[]> {
  if (openDialogs === null) return [];
  try {
    return (await (await world.port('evidence', targets)).get(openDialogs)) as readonly OpenDialog[];
  } catch (cause) {
    if (!(cause instanceof EvidenceGoneError)) throw cause;
    return [];
  }
}
