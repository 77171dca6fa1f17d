/** Steps of the user's own: each at its place, once, and on the way back undone once, the newest first, or kept as the plan says. */
import type { StepChoice } from '../scenario.ts';
import { eventsOf, facts, type Ended, type Invariant } from './ended.ts';

function effects(ended: Ended) {
  return facts(ended, 'step').filter((one) => one.runId === ended.runId);
}

/** Keys that were done and not undone since, by the step's name. */
function standing(ended: Ended): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { does, name, key } of effects(ended)) {
    const others = (keys.get(name) ?? []).filter((one) => one !== key);
    keys.set(name, does === 'do' ? [...others, key] : others);
  }
  return keys;
}

function flipOf(ended: Ended) {
  return facts(ended, 'wrote').find(
    (one) =>
      one.runId === ended.runId && one.config.weightPercent === 100 && one.config.producer === ended.to,
  );
}

/** A step is not done again while it stands, and nothing is undone twice. */
export const stepsOnce: Invariant = function* (ended) {
  const done = new Map<string, string>();
  const undone = new Set<string>();
  for (const { does, name, key } of effects(ended)) {
    const before = done.get(name);
    if (does === 'do') {
      if (before !== undefined && !undone.has(before)) yield `step ${name} was done again while it stood`;
      if (undone.has(key)) yield `step ${name} was done under a key that had been undone`;
      done.set(name, key);
    } else if (undone.has(key)) yield `step ${name} was undone twice`;
    else undone.add(key);
  }
};

/** Whoever completes has done every step, but for those that a person left out. */
export const stepsDone: Invariant = function* (ended) {
  if (ended.outcome?.kind === 'refused' && effects(ended).length > 0) yield 'a refused switch did a step';
  if (ended.outcome?.kind !== 'completed') return;
  const left = new Set(
    eventsOf(ended, 'step')
      .filter(({ how }) => how === 'skipped' || how === 'left')
      .map(({ step }) => step),
  );
  const stands = standing(ended);
  for (const { name } of ended.choice.steps) {
    if (!left.has(name) && (stands.get(name) ?? []).length !== 1) yield `step ${name} does not stand`;
  }
};

/** After a rollback nothing stands but what the plan keeps or the outcome names; and what is kept from the flip on is never undone after it. */
export const stepsBack: Invariant = function* (ended) {
  const flip = flipOf(ended);
  const late = effects(ended).filter(
    ({ does, seq }) => does === 'undo' && flip !== undefined && seq > flip.seq,
  );
  for (const { name, undo } of ended.choice.steps) {
    const isKept = undo === 'keep' || (undo === 'until-flip' && flip !== undefined);
    if (undo === 'keep' && effects(ended).some((one) => one.does === 'undo' && one.name === name))
      yield `step ${name} was undone, and the plan keeps it`;
    if (undo === 'until-flip' && late.some((one) => one.name === name))
      yield `step ${name} was undone after the flip, from which on the plan keeps it`;
    if (ended.outcome?.kind !== 'rolled-back' || isKept) continue;
    const stands = (standing(ended).get(name) ?? []).length > 0;
    // A flip that began and was never stored keeps it too: nobody could know.
    const isUnknown = undo === 'until-flip' && eventsOf(ended, 'flip-begun').length > 0;
    if (stands && !isUnknown && !isSaid(ended, name)) yield `step ${name} stands after the rollback`;
  }
};

function isSaid({ outcome }: Ended, name: string): boolean {
  if (outcome?.kind !== 'rolled-back') return false;
  return outcome.left.some((one) => one.startsWith(`step ${name}`) || one.startsWith('everything'));
}

/** The newest first: in the freeze that is unwound, and in a rollback. */
export const stepsInReverse: Invariant = function* (ended) {
  const begun: string[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (const { step, how, round } of eventsOf(ended, 'step')) {
    if (how === 'begun') {
      const key = `${step}/${round}`;
      if (!begun.includes(key)) begun.push(key);
      last = Number.POSITIVE_INFINITY;
    }
    if (how !== 'undone' && how !== 'kept') continue;
    const at = begun.indexOf(`${step}/${round}`);
    if (at === -1) yield `step ${step} was undone and never begun`;
    if (at > last) yield `step ${step} was undone after one that was begun before it`;
    last = at;
  }
};

/** Before the first write, inside the freeze, after the flip, before the end of `from`. */
export const stepsAtTheirPlace: Invariant = function* (ended) {
  const own = facts(ended, 'wrote').filter((one) => one.runId === ended.runId);
  const flip = flipOf(ended)?.seq ?? Number.POSITIVE_INFINITY;
  const first = own[0]?.seq ?? Number.POSITIVE_INFINITY;
  const end = facts(ended, 'retired')[0]?.seq ?? Number.POSITIVE_INFINITY;
  for (const { does, name, seq, atMs, stored } of effects(ended)) {
    const at = ended.choice.steps.find((one) => one.name === name)?.at;
    if (does === 'undo' || at === undefined) continue;
    const until = stored?.freezeUntilMs ?? null;
    const isStranger = stored?.writer.startsWith('stranger/') === true;
    const isRight: Readonly<Record<StepChoice['at'], boolean>> = {
      preflight: seq < first,
      'before-canary': seq < first,
      frozen: isStranger || (seq < flip && until !== null && until > atMs),
      'after-flip': seq > flip,
      'before-decommission': seq > flip && seq < end,
    };
    if (!isRight[at]) yield `step ${name} was done, and that was not ${at}`;
  }
};
