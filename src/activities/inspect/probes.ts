/** The probe set: large enough to judge, small enough to send, and measured with a calibrated scale. */
import type { Plan } from '../../domain/plan.ts';
import { blocks, warns, type Found, type Seen } from './seen.ts';

const FEWEST = 50;
const MOST = 200;

export function* probesCanJudge(plan: Plan, { probes }: Seen): Generator<Found> {
  if (probes === null) return;
  const { count, embedderId, isCalibrated } = probes;
  if (count < FEWEST || count > MOST) {
    const finding = count < FEWEST ? blocks : warns;
    yield finding(
      'probe-set-size',
      `the probe set has ${count} questions; ${FEWEST} to ${MOST} can be judged`,
      'add questions, or split the set',
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
