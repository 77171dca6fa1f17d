/**
 * The other side of the user's own steps: a receiver that does what it is asked once for each key, and notes what it did. It may be away,
 * refuse, or do it and not answer.
 */
import type { StepPort } from '../../../src/ports/index.ts';
import type { Service } from './service.ts';

export function stepOf(service: Service, runId: string): StepPort {
  const { faults, ledger, stepKeys } = service;
  return {
    perform: ({ name, undoes }, { idempotencyKey }) =>
      service.call(runId, undoes === null ? 'step.do' : 'step.undo', () => {
        const does = undoes === null ? 'do' : 'undo';
        if (faults.at('step-away', service.nowMs, (one) => one.does === does) !== null)
          throw service.failure('retry', 'the receiver is away');
        // A receiver that knows its own mind refuses to do things; to undo them is its duty.
        if (does === 'do' && faults.spend('step-refused', service.nowMs) !== null)
          throw service.failure('fatal', 'the receiver refuses');
        const isNew = !stepKeys.has(idempotencyKey);
        stepKeys.add(idempotencyKey);
        if (isNew) {
          const { stored } = service.edge;
          ledger.note(service.nowMs, {
            kind: 'step',
            does,
            name,
            key: undoes ?? idempotencyKey,
            runId,
            stored,
          });
        }
        if (faults.spend('step-unanswered', service.nowMs) !== null)
          throw service.failure('retry', 'connection reset after the step');
        return { detail: isNew ? 'done' : 'was so already' };
      }),
  };
}
