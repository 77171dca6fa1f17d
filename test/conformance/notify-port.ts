/** What every `NotifyPort` must do. `received` is what came out at the other end, as text, oldest first. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Notification } from '../../src/domain/notification.ts';
import type { NotifyPort } from '../../src/ports/index.ts';

export interface NotifyEnv {
  readonly port: NotifyPort;
  readonly received: () => readonly string[];
  close(): Promise<void>;
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
  const test = (title: string, body: (env: NotifyEnv) => Promise<void>): void => {
    void it(title, async () => {
      const env = await makeEnv();
      try {
        await body(env);
      } finally {
        await env.close();
      }
    });
  };

  void describe(`NotifyPort: ${name}`, () => {
    test('says which service, what happened and where to look', async ({ port, received }) => {
      await port.send(NOTE, { idempotencyKey: 'k1' });
      const [text = ''] = received();
      for (const part of [NOTE.service, NOTE.switchId, NOTE.title, 'p95 ratio 1.31', 'temporal.example']) {
        assert.ok(text.includes(part), `${part} in ${text}`);
      }
    });

    test('sends once for one idempotency key, also when asked twice at once', async ({ port, received }) => {
      await Promise.all([
        port.send(NOTE, { idempotencyKey: 'k1' }),
        port.send(NOTE, { idempotencyKey: 'k1' }),
      ]);
      await port.send(NOTE, { idempotencyKey: 'k1' });
      assert.equal(received().length, 1);
      await port.send(NOTE, { idempotencyKey: 'k2' });
      assert.equal(received().length, 2);
    });

    test('works without a link', async ({ port, received }) => {
      await port.send({ ...NOTE, link: null }, { idempotencyKey: 'k1' });
      assert.equal(received().length, 1);
    });
  });
}
