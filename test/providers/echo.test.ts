/** A peer that writes everything back that it was sent: no secret of any provider comes out of an error or a reason. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { provider as cloudflare } from '../../src/providers/cloudflare/index.ts';
import { httpGate } from '../../src/providers/http/gate.ts';
import { prometheusGate } from '../../src/providers/prometheus/index.ts';
import { httpColors } from '../../src/providers/http/index.ts';
import { webhookNotify } from '../../src/providers/webhook/index.ts';
import { pingWarmup } from '../../src/providers/pings/index.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { serve, type Asked } from './http-server.ts';

const context = { idempotencyKey: 'k' };
const NAMES = [
  'CUTOVER_COLOR_TOKEN',
  'CUTOVER_ADMIN_TOKEN',
  'CUTOVER_PIN_SECRET',
  'GATE_WORD',
  'CLOUDFLARE_API_TOKEN',
];

const random = (): string =>
  `s/${Math.random().toString(36).slice(2)}+&"${Math.random().toString(36).slice(2)}`;

/** Everything in every encoding, in the form that a peer's error page may have. */
function echo({ path, headers, body }: Asked): string {
  const told = [path, body, ...Object.values(headers).map(String)];
  return told
    .flatMap((text) => [text, text.replace(/^Bearer /, ''), JSON.stringify(text), encodeURIComponent(text)])
    .flatMap((text) => [
      text,
      Buffer.from(text).toString('base64'),
      Buffer.from(`u:${text}`).toString('base64url'),
    ])
    .join(' ')
    .replaceAll('\n', ' ');
}

type Use = (scope: ProviderScope, url: string) => Promise<unknown>;

const USES: Readonly<Record<string, Use>> = {
  'http retire': (scope) => httpColors({ use: 'http' }, scope).retire('green', context),
  'http health': (scope) => httpColors({ use: 'http' }, scope).health('green'),
  'cloudflare read': async (scope, url) =>
    cloudflare.store?.({ use: 'cloudflare', admin: url }, scope, {}).read(),
  'pings, direct': (scope) => pingWarmup({ use: 'pings', direct: true }, scope).warm('green', 1, context),
  'pings through the edge': (scope) => pingWarmup({ use: 'pings' }, scope).warm('green', 1, context),
  webhook: (scope) =>
    webhookNotify({ use: 'webhook' }, scope).send(
      { service: 's', switchId: 'w', severity: 'info', title: 't', text: 'x', link: null },
      context,
    ),
  'http gate': (scope, url) =>
    httpGate({ use: 'http' }, scope).judge(question({ url, wait: '1s', headers: HEADERS }), context),
  'prometheus gate': (scope, url) =>
    prometheusGate({ use: 'prometheus' }, scope).judge(
      question({ url, query: 'x{c="{{color}}"}', maxRatio: 1, headers: HEADERS }),
      context,
    ),
};

const HEADERS = { authorization: 'Bearer ${env:GATE_WORD}' };

function question(options: Readonly<Record<string, unknown>>) {
  const window = { windowFromMs: 0, windowToMs: 1 };
  return {
    name: 'g',
    options,
    switchId: 'w',
    step: 's',
    from: 'blue' as const,
    to: 'green' as const,
    ...window,
  };
}

describe('a peer that echoes what it was sent', () => {
  for (const [name, use] of Object.entries(USES)) {
    for (const status of [200, 400, 401, 404, 500]) {
      it(`gets no secret into what ${name} says at HTTP ${status} (D11)`, async () => {
        const secrets = Object.fromEntries(NAMES.map((one) => [one, random()]));
        const server = await serve((asked) => ({ status, body: echo(asked) }));
        const hook = `${server.url.replace('//', '//me:p4ssw0rd-of-hook@')}/services/T1/B2/${Math.random()}`;
        const scope: ProviderScope = {
          service: 's',
          from: 'blue',
          to: 'green',
          entry: [{ region: 'eu', url: server.url }],
          colorUrls: { blue: server.url, green: server.url },
          env: { ...secrets, CUTOVER_WEBHOOK_URL: hook },
        };
        const said = await use(scope, server.url).then(
          (value) => JSON.stringify(value ?? null),
          (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
        );
        await server.close();
        for (const secret of [...Object.values(secrets), 'p4ssw0rd-of-hook', hook.slice(-12)]) {
          for (const form of [
            secret,
            JSON.stringify(secret).slice(1, -1),
            encodeURIComponent(secret),
            Buffer.from(secret).toString('base64').slice(0, 16),
          ]) {
            assert.ok(!said.includes(form), `${form} in ${said}`);
          }
        }
      });
    }
  }
});
