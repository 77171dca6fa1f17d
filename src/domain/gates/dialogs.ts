/**
 * Dialogs: does a conversation that users began on `from` go on on `to`?
 * Invariant: beside each such dialog one stays on one color; what a color forgets of its own dialogs is not the flip's fault.
 */
import type { DialogRun, LookInput } from '../look-input.ts';
import { clopperPearsonInterval, fisherExact } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { fail, inconclusive, pass, sickBaseline, underpowered, type Facts, type Ruling } from './ruling.ts';

/** Share of dialogs from which on they are lost as a rule: a model may forget one. */
const LOST = 0.5;
/** How often a fail may be chance in one hold: two colors that forget alike are no reason to send anybody back. */
const ALPHA = 0.01;

export const dialogs: Gate = {
  name: 'dialogs',
  asks: 'does a conversation begun on `from` go on on `to`? (asked where the plan has `probes.dialogs`)',
  fails:
    'half of the dialogs or more are lost on the way, and beyond chance more than of those that stay on one color (exact test of two shares); after the flip also: `to` forgets more than half of all, beyond chance',
  passes: 'not more are lost than of those that stay',
  remedy:
    'Conversations do not survive the flip: keep dialogs and sessions in a store that both colors share, in a form that both read.',
  roles: { shadow: 'prove', ramp: 'prove', audit: 'prove' },
  needs: ['dialogs'],
  besides: '`probes.dialogs`',
  rule: judgeDialogs,
};

interface Arm {
  readonly asked: number;
  readonly answered: readonly DialogRun[];
  readonly lost: readonly DialogRun[];
  readonly share: number | null;
  /** Why one of them was not answered. */
  readonly error: string | null;
}

function judgeDialogs(input: LookInput): Ruling {
  const { from, to, dialogs: runs = [] } = input;
  const across = armOf(runs.filter(({ begun, continued }) => begun !== continued));
  const own = armOf(runs.filter(({ begun, continued }) => begun === continued));
  // Once `from` takes no writes, those that stay are `to`'s.
  const stays = runs.find(({ begun, continued }) => begun === continued)?.begun ?? from;
  const facts: Facts = {
    from: { n: own.answered.length, value: own.share },
    to: { n: across.answered.length, value: across.share },
    threshold: { pass: null, block: LOST, source: 'share of dialogs that are lost' },
    offenders: across.lost.map(({ id, said }) => ({
      id,
      from: null,
      to: null,
      why: said === null ? 'nothing where the plan looks' : `it says ${said}`,
    })),
  };
  if (across.asked === 0) {
    return inconclusive('no_data', `No dialog that was begun on ${from} was there to go on with on ${to}.`);
  }
  for (const [arm, what] of [
    [own, `that stays on ${stays}`],
    [across, `that moves to ${to}`],
  ] as const) {
    if (arm.answered.length > 0) continue;
    return inconclusive(
      'one_sided',
      `No dialog ${what} was answered: ${arm.error ?? 'none was asked'}.`,
      facts,
    );
  }
  const sentence = `${across.lost.length} of ${across.answered.length} dialogs begun on ${from} are lost on ${to}, ${own.lost.length} of ${own.answered.length} that stay on ${stays}.`;
  if ((own.share ?? 0) >= LOST) {
    if (stays === from) return sickBaseline(`${from} itself forgets. ${sentence}`, facts);
    const said = `${to} forgets what it began itself. ${sentence}`;
    return forgetsAll(across, own)
      ? fail('dialogs_forgotten', said, facts)
      : inconclusive('some_lost', said, facts);
  }
  if ((across.share ?? 0) >= LOST && isBeyondChance(across, own))
    return fail('dialogs_lost', sentence, facts);
  if (across.lost.length > own.lost.length) return inconclusive('some_lost', sentence, facts);
  if (across.answered.length < across.asked / 2) {
    return underpowered(
      'few_answered',
      `${across.answered.length} of ${across.asked} dialogs were answered. ${sentence}`,
      facts,
    );
  }
  return pass(sentence, facts);
}

function isBeyondChance(across: Arm, own: Arm): boolean {
  return (
    fisherExact(across.lost.length, across.answered.length, own.lost.length, own.answered.length) <= ALPHA
  );
}

/** `to` answered the second turn of all of them, and `from` can no longer be asked how often it would forget. */
function forgetsAll(across: Arm, own: Arm): boolean {
  const lost = across.lost.length + own.lost.length;
  const answered = across.answered.length + own.answered.length;
  return clopperPearsonInterval(lost, answered, { alpha: ALPHA }).lower > LOST;
}

function armOf(runs: readonly DialogRun[]): Arm {
  const answered = runs.filter(({ remembered }) => remembered !== null);
  const lost = answered.filter(({ remembered }) => remembered === false);
  return {
    asked: runs.length,
    answered,
    lost,
    share: answered.length === 0 ? null : lost.length / answered.length,
    error: runs.find(({ error }) => error !== null)?.error ?? null,
  };
}
