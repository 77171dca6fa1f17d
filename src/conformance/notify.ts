/** What every `NotifyPort` must do. `received` is what came out at the other end, as text, oldest first. */
import assert from 'node:assert/strict';
import type { Notification } from '../domain/notification.ts';
import type { NotifyPort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface NotifyEnv extends Env {
  readonly port: NotifyPort;
  readonly received: () => readonly string[];
}

export const NOTE: Notification = {
  service: 'docs',
  switchId: 'cutover/docs',
  severity: 'warning',
  title: 'ramp 25 % waits',
  text: 'latency: p95 ratio 1.31 > 1.25',
  link: 'https://temporal.example/x?a=1&b=2',
};

export function notifyPortSuite(name: string, makeEnv: () => Promise<NotifyEnv>): void {
  suite(`NotifyPort: ${name}`, makeEnv, ({ rule }) => {
    rule('says which service, what happened and where to look', async ({ port, received }) => {
      await port.send(NOTE, { idempotencyKey: 'k1' });
      const [text = ''] = received();
      for (const part of [NOTE.service, NOTE.switchId, NOTE.title, 'p95 ratio 1.31', 'temporal.example']) {
        assert.ok(text.includes(part), `${part} in ${text}`);
      }
    });

    rule('sends once for one idempotency key, also when asked twice at once', async ({ port, received }) => {
      await Promise.all([
        port.send(NOTE, { idempotencyKey: 'k1' }),
        port.send(NOTE, { idempotencyKey: 'k1' }),
      ]);
      await port.send(NOTE, { idempotencyKey: 'k1' });
      assert.equal(received().length, 1);
      await port.send(NOTE, { idempotencyKey: 'k2' });
      assert.equal(received().length, 2);
    });

    rule('works without a link', async ({ port, received }) => {
      await port.send({ ...NOTE, link: null }, { idempotencyKey: 'k1' });
      assert.equal(received().length, 1);
    });
  });
}
