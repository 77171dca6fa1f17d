import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { logNotify } from '../../src/providers/log/index.ts';
import { webhookNotify } from '../../src/providers/webhook/index.ts';
import { slackPayload } from '../../src/providers/webhook/slack.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { NOTE, notifyPortSuite } from '../../src/conformance/notify.ts';
import { serve } from './http-server.ts';

function scopeOf(env: Record<string, string>): ProviderScope {
  return {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [],
    colorUrls: { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65499' },
    env,
  };
}

notifyPortSuite('webhook', async () => {
  const server = await serve(() => ({}));
  return {
    port: webhookNotify({ use: 'webhook' }, scopeOf({ CUTOVER_WEBHOOK_URL: `${server.url}/hook` })),
    received: () => server.asked.map((one) => one.body),
    close: server.close,
  };
});

notifyPortSuite('log', async () => {
  const lines: string[] = [];
  return {
    port: logNotify({ use: 'log' }, (line) => void lines.push(line)),
    received: () => lines,
    close: async () => {},
  };
});

void describe('webhook', () => {
  void it('sends the key as a header and tries again after a failure', async () => {
    let seen = 0;
    const server = await serve(() => ({ status: (seen += 1) === 1 ? 503 : 200 }));
    const port = webhookNotify(
      { use: 'webhook', urlEnv: 'HOOK' },
      scopeOf({ HOOK: `${server.url}/s3cret?x=y` }),
    );
    await assert.rejects(port.send(NOTE, { idempotencyKey: 'k1' }), { name: 'ProviderError', kind: 'retry' });
    await port.send(NOTE, { idempotencyKey: 'k1' });
    assert.equal(server.asked.length, 2);
    assert.equal(server.asked[1]?.headers['idempotency-key'], 'k1');
    await server.close();
  });

  void it('never shows the secret address', async () => {
    const port = webhookNotify(
      { use: 'webhook' },
      scopeOf({ CUTOVER_WEBHOOK_URL: 'http://127.0.0.1:65499/T0/B0/s3cret' }),
    );
    await assert.rejects(
      port.send(NOTE, { idempotencyKey: 'k' }),
      (e) => e instanceof Error && !e.message.includes('s3cret'),
    );
  });

  void it('names the variable that is not set', () => {
    assert.throws(
      () => webhookNotify({ use: 'webhook' }, scopeOf({})),
      (e) => e instanceof UserError && /CUTOVER_WEBHOOK_URL/.test(e.message),
    );
    assert.throws(
      () => webhookNotify({ use: 'webhook', urlEnv: 'https://x' }, scopeOf({})),
      /name of an environment variable/,
    );
  });

  void it('cannot be made to mention a channel', () => {
    const text = JSON.stringify(
      slackPayload({ ...NOTE, title: '<!channel>', text: 'x'.repeat(5000), link: null }),
    );
    assert.ok(!text.includes('"mrkdwn","text":"<!channel>'));
    assert.ok(text.includes('&lt;!channel&gt;'));
    assert.ok(text.length < 4000);
  });
});
