/** Steps of the user's own in a rehearsal: each is shown at its place, and nothing is called. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { serve } from '../providers/http-server.ts';
import { rehearseReference, WITHOUT_QUEUE } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

const said = (events: readonly SwitchEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'step' ? [`${event.step} ${event.how}`] : []));

void describe('a rehearsal of steps of one’s own', { concurrency: 2 }, () => {
  for (const fault of [undefined, 'step-fails'] as const) {
    void it(`${fault ?? 'without a fault'}: shows them, and calls nobody`, async () => {
      const receiver = await serve(() => ({}));
      try {
        const action = `{ http: { url: '${receiver.url}' } }`;
        const step = (at: string) => `{ at: ${at}, name: ${at}, do: ${action}, undo: ${action} }`;
        const { outcome, events } = await rehearseReference(await sharedServer(), {
          text: WITHOUT_QUEUE,
          more: `hold: { peak: none }\nsteps: [${step('before-canary')}, ${step('frozen')}]\n`,
          ...(fault === undefined ? {} : { fault }),
        });
        assert.equal(
          outcome.kind,
          fault === undefined ? 'completed' : 'rolled-back',
          JSON.stringify(outcome),
        );
        const done = ['before-canary begun', 'before-canary done', 'frozen begun'];
        assert.deepEqual(
          said(events),
          fault === undefined
            ? [...done, 'frozen done']
            : [...done, 'frozen failed', 'frozen undone', 'before-canary undone'],
        );
        assert.deepEqual(receiver.asked, []);
      } finally {
        await receiver.close();
      }
    });
  }
});
