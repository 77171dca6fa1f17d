/** A follower tells every event once, whatever happens to the worker and however often a long switch continues as new. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError, WorkflowFailedError } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import { follow, type FollowOptions } from '../../src/client/follow.ts';
import type { SwitchHandle } from '../../src/client/start.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Outcome } from '../../src/domain/state.ts';
import type { EventsPage } from '../../src/workflows/event-log.ts';
import { EventLog } from '../../src/workflows/event-log.ts';

const note = (text: string): SwitchEvent => ({ atMs: 1, type: 'note', text });
const COMPLETED: Outcome = { kind: 'completed', report: null };

/** A switch whose newest run is `log`; each query is a look, and `onLook` says what has changed before it. */
class Scripted {
  log = new EventLog();
  id = 's1';
  looks = 0;
  end: (outcome: Outcome) => void = () => undefined;
  fail: (cause: unknown) => void = () => undefined;
  readonly #ended = new Promise<Outcome>((resolve, reject) => {
    this.end = resolve;
    this.fail = reject;
  });
  readonly #onLook: (one: Scripted, look: number) => void;

  constructor(onLook: (one: Scripted, look: number) => void) {
    this.#onLook = onLook;
  }

  /** What a continued run knows: the events before are in the evidence store. */
  continueAsNew(): void {
    this.log = new EventLog({ count: this.log.count, digests: ['d'] });
  }

  async follow(over: Partial<FollowOptions> = {}): ReturnType<typeof follow> {
    const handle = {
      query: async (_: unknown, from: number): Promise<EventsPage> => {
        this.#onLook(this, (this.looks += 1));
        return this.log.page(this.id, from);
      },
      result: () => this.#ended,
    };
    return follow(handle as unknown as SwitchHandle, { everyMs: 1, onEvent: () => undefined, ...over });
  }
}

async function told(onLook: (one: Scripted, look: number) => void): Promise<string[]> {
  const texts: string[] = [];
  await new Scripted(onLook).follow({
    onEvent: (event) => void texts.push(event.type === 'note' ? event.text : event.type),
  });
  return texts;
}

describe('follow', () => {
  it('tells each event once and in order, also those after the last look', async () => {
    const texts = await told((one, look) => {
      if (look <= 3) one.log.add(note(`${look}`));
      if (look === 3) one.end(COMPLETED);
      if (look === 4) one.log.add(note('the end'));
    });
    assert.deepEqual(texts, ['1', '2', '3', 'the end']);
  });

  it('goes on with the run that a long switch continues in', async () => {
    const texts = await told((one, look) => {
      if (look === 3) one.continueAsNew();
      if (look <= 5) one.log.add(note(`${look}`));
      if (look === 5) one.end(COMPLETED);
    });
    assert.deepEqual(texts, ['1', '2', '3', '4', '5']);
  });

  it('tells nothing of the next switch of the same service', async () => {
    const texts = await told((one, look) => {
      if (look === 1) one.log.add(note('ours'));
      if (look === 2) {
        Object.assign(one, { id: 's2', log: new EventLog() });
        for (const text of ['a', 'b', 'c']) one.log.add(note(text));
        one.end(COMPLETED);
      }
    });
    assert.deepEqual(texts, ['ours']);
  });

  it('says each silence once, and a server that is away is none', async () => {
    let silences = 0;
    const away = new ServiceError('away', {
      cause: Object.assign(new Error('x'), { code: 14, details: '', metadata: {} }),
    });
    const one = new Scripted((self, look) => {
      if (look === 2 || look === 3 || look === 5) throw new Error('no worker');
      if (look === 7) throw away;
      if (look === 8) self.end(COMPLETED);
    });
    const { outcome } = await one.follow({ onSilence: () => (silences += 1) });
    assert.deepEqual([outcome, silences], [COMPLETED, 2]);
  });

  it('says how it ended when it was ended from outside', async () => {
    const one = new Scripted((self) =>
      self.fail(new WorkflowFailedError('failed', new TerminatedFailure('by hand'), 'NON_RETRYABLE_FAILURE')),
    );
    assert.deepEqual(await one.follow(), { outcome: null, how: 'terminated' });
  });

  it('stops at the signal, and at an error of the listener', async () => {
    const stop = new AbortController();
    const stopped = new Scripted((_, look) => look === 2 && stop.abort(new Error('Ctrl-C')));
    await assert.rejects(stopped.follow({ signal: stop.signal }), { name: 'AbortError' });
    const broken = new Scripted((self) => void self.log.add(note('x')));
    const onEvent = (): never => {
      throw new Error('the pipe is closed');
    };
    await assert.rejects(broken.follow({ onEvent }), /pipe is closed/);
  });
});
