/** The probe set: large enough to judge, small enough to send, and measured with a calibrated scale. */
import { endLevel } from '../../domain/gates/look-plan.ts';
import { shortPercent } from '../../domain/gates/ruling.ts';
import type { Plan } from '../../domain/plan.ts';
import { probeCost, UNFITTING_FIX, unfittingSaid } from '../../domain/probes/cost.ts';
import { fewestTold } from '../../domain/stats/index.ts';
import { blocks, warns, type Found, type Seen } from './seen.ts';

const FEWEST = 50;
const MOST = 200;
/** Share of broken questions that a set should be able to show. */
const BROKEN = 0.2;

export function* probesCanJudge(plan: Plan, { probes }: Seen): Generator<Found> {
  if (probes === null) return;
  const { count, answered, asserted, unjudged, embedderId, isCalibrated } = probes;
  if (count < FEWEST || count > MOST) {
    const finding = count < FEWEST ? blocks : warns;
    yield finding(
      'probe-set-size',
      `the probe set has ${count} questions; ${FEWEST} to ${MOST} can be judged`,
      'add questions, or split the set',
    );
  } else if (!plan.gates.off.includes('lambda') && !plan.gates.advisory.includes('lambda')) {
    if (answered < FEWEST) {
      yield blocks(
        'probe-set-size',
        `${answered} of ${count} questions are asked for whole answers; gate lambda proves a build from ${FEWEST} on`,
        'raise probes.retrieval.answers',
      );
    } else yield* lossesUnseen(plan, answered);
  }
  if (unjudged > 0 && !plan.gates.off.includes('assertions')) {
    yield warns(
      'assertions-unjudged',
      `${unjudged} of ${asserted} questions with assertions are asked for retrieved text only: nobody judges these assertions`,
      `set probes.retrieval.answers: ${asserted}, or more`,
    );
  }
  if (plan.probes.scale === 'calibrated' && !isCalibrated) {
    yield blocks(
      'probe-set-uncalibrated',
      `embedder ${embedderId} is not calibrated on this probe set, so 0.45 and 0.60 mean nothing`,
      'run `cutover calibrate`, or set probes.scale: raw',
    );
  }
}

/** Probes of a look that are not done when the next one is due: looks come late, and a hold has fewer of them. */
export function* probesFit(plan: Plan, { probes, baseline }: Seen): Generator<Found> {
  if (probes === null) return;
  const { count: questions, answered } = probes;
  const cost = probeCost(plan, { questions, answered }, baseline?.answerMs ?? null);
  const [first, ...others] = unfittingSaid(cost);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `; nor ${others.length} more of the holds`;
  yield warns('probes-too-slow', `the probes ${first}${more}`, UNFITTING_FIX);
}

/** The gate lambda can be judged, but a fifth of the questions may be broken and it does not fail. */
function* lossesUnseen(plan: Plan, count: number): Generator<Found> {
  const { rebuild } = plan.gates.lambda;
  const level = endLevel({ looks: plan.hold.looks, extensions: plan.onInconclusive.extensions });
  const isSeen = (questions: number): boolean =>
    (fewestTold(questions, rebuild, level) ?? Infinity) <= BROKEN * questions;
  if (isSeen(count)) return;
  const fewest = fewestTold(count, rebuild, level);
  let enough = count;
  while (enough < MOST && !isSeen(enough)) enough += 1;
  yield warns(
    'probe-set-size',
    `gate lambda fails a hold only from ${fewest ?? 'more than all'} of the ${count} questions lost on: ${shortPercent(BROKEN)} broken may pass it`,
    isSeen(enough)
      ? `${enough} questions would show ${shortPercent(BROKEN)}, or lower gates.lambda.rebuild (${shortPercent(rebuild)})`
      : `lower gates.lambda.rebuild (${shortPercent(rebuild)})`,
  );
}
