/**
 * Pins on the real router: whatever is wrong between signer and router, nothing that was pinned to one color is taken as an answer
 * of the other, and nothing of ours arrives anywhere as a user's.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import type { ProbesPlan } from '../../src/domain/plan.ts';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { pingWarmup } from '../../src/providers/pings/index.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { askEntries } from '../../src/probes/pinned-entries.ts';
import { openProber } from '../../src/probes/prober.ts';
import { replayRequest } from '../../src/probes/replay.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { probe, REQUEST } from '../probes/support.ts';
import { PIN_SECRET, startEdge, type EdgeUnderTest } from './support.ts';

const MINUTE = 60_000;

interface Situation {
  readonly name: string;
  readonly secret?: string;
  readonly service?: string;
  /** The worker's clock minus the router's, ms. */
  readonly skewMs?: number;
  /** A proxy stands at the entry that knows nothing of pins. */
  readonly ignored?: true;
  /** What the one who asks is told; null: pins are followed. */
  readonly says: RegExp | null;
}

const SITUATIONS: readonly Situation[] = [
  { name: 'the right secret', says: null },
  { name: 'a rotated secret, current and next', secret: `${PIN_SECRET},old-one`, says: null },
  { name: 'spaces around the secrets', secret: ` next-secret , ${PIN_SECRET}`, says: null },
  { name: 'a clock 2 min ahead', skewMs: 2 * MINUTE, says: null },
  { name: 'a clock 2 min behind', skewMs: -2 * MINUTE, says: null },
  { name: 'a mistyped secret', secret: `${PIN_SECRET}x`, says: /bad-signature.*PIN_SECRETS/ },
  { name: 'a secret that nobody knows first', secret: `mine,${PIN_SECRET}`, says: /bad-signature/ },
  { name: 'a clock 20 min behind', skewMs: -20 * MINUTE, says: /expired.*behind.*1[12]\d\d s/ },
  { name: 'a clock 20 min ahead', skewMs: 20 * MINUTE, says: /too-long.*ahead.*1[12]\d\d s/ },
  { name: 'another service', service: 'shop', says: /other-service/ },
  { name: 'no secret', secret: '', says: /CUTOVER_PIN_SECRET/ },
  { name: 'a router that ignores pins', ignored: true, says: /does not say who gave it/ },
];

const OWN = [{ name: 'acme', when: ['/kind'], error: ['/kind=oops'] }];

let edge: EdgeUnderTest;
const set = await writeSet(await tempFolder(), [probe('p')], [section('section-p', 'some words of it')]);
let pinless: { url: string; close: () => void };

before(async () => {
  edge = await startEdge();
  await edge.set({ weightPercent: 0 });
  const server = createServer((request, response) => {
    void fetch(edge.origins.blue.url + (request.url ?? ''), {
      method: request.method ?? 'GET',
      headers: { 'x-from-user': '1' },
    }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  pinless = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
});

after(async () => {
  pinless.close();
  await edge.close();
});

function scopeIn(situation: Situation): ProviderScope {
  const url = situation.ignored === true ? pinless.url : edge.edge.adminUrl;
  return {
    service: situation.service ?? 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url }],
    colorUrls: { blue: edge.origins.blue.url, green: edge.origins.green.url },
    env: { CUTOVER_PIN_SECRET: situation.secret ?? PIN_SECRET },
  };
}

const never = new AbortController().signal;

function probesPlan(): ProbesPlan {
  return {
    set,
    digest: '',
    embedder: { use: 'lexical' },
    scale: 'raw',
    request: { ...REQUEST, via: 'edge' },
    response: CONTRACT_MAP,
    concurrency: 2,
    timeoutMs: 5000,
  };
}

/** Each answers with what the one who asks is told, or null when the color answered. */
const TRAFFIC: Readonly<Record<string, (scope: ProviderScope, color: Color) => Promise<string | null>>> = {
  async probe(scope, color) {
    const prober = await openProber(scope, probesPlan());
    const runs = await prober.run(prober.round(0), {
      colors: [color],
      round: 0,
      signal: never,
      onProgress: () => undefined,
    });
    assert.ok(runs.length > 0 && runs.every((run) => run.color === color));
    return null;
  },
  async 'shadow write'(scope, color) {
    // The router refuses a write of kind shadow by itself: that is an answer, and no color sees it.
    assert.equal(
      await replayRequest(scope, color, { method: 'POST', key: '/notes?payload' }, never),
      'headers:http_4xx:409',
    );
    return null;
  },
  'shadow read': (scope, color) => replayRequest(scope, color, { method: 'GET', key: '/x?payload' }, never),
  async warm(scope, color) {
    const { failed, failure } = await pingWarmup({ use: 'pings', path: '/x?payload' }, scope).warm(color, 2, {
      idempotencyKey: 'k',
    });
    assert.equal(failed, failure === null ? 0 : 2);
    return failure;
  },
};

const PAYLOAD = /payload|\/v1\/answer/;

describe('a pin between worker and router (A1)', () => {
  for (const situation of SITUATIONS) {
    for (const [name, send] of Object.entries(TRAFFIC)) {
      it(`${name} with ${situation.name}: ${situation.says === null ? 'the color answers' : 'said, and sent to nobody'}`, async (t) => {
        const color: Color = 'green';
        const scope = scopeIn(situation);
        edge.origins.blue.seen.length = 0;
        edge.origins.green.seen.length = 0;
        const realNow = Date.now.bind(Date);
        t.mock.method(Date, 'now', () => realNow() + (situation.skewMs ?? 0));
        const told = await send(scope, color).catch((cause: unknown) => {
          assert.ok(cause instanceof ProviderError || cause instanceof UserError, String(cause));
          return cause.message;
        });
        t.mock.restoreAll();
        if (situation.says === null) assert.equal(told, null);
        else assert.match(told ?? 'nobody was told', situation.says);
        const paths = (one: Color): string[] => edge.origins[one].seen.map(({ url }) => url ?? '');
        assert.deepEqual(
          paths('blue').filter((path) => PAYLOAD.test(path)),
          [],
          'blue answered for green',
        );
        if (situation.says !== null) assert.deepEqual(paths('green'), []);
        const kinds = edge.origins.green.seen.map(({ headers }) => headers['x-cutover-kind']);
        assert.ok(!kinds.includes('user'), 'reached green as a user');
      });
    }

    it(`preflight asks every entry for both colors with ${situation.name}`, async (t) => {
      const realNow = Date.now.bind(Date);
      t.mock.method(Date, 'now', () => realNow() + (situation.skewMs ?? 0));
      for (const color of ['blue', 'green'] as const) {
        const faults = await askEntries(scopeIn(situation), color, never).then(
          (entries) => entries.map(({ fault }) => fault),
          (cause: unknown) => [cause instanceof UserError ? cause.message : assert.fail(String(cause))],
        );
        assert.equal(faults.length, 1);
        if (situation.says === null) assert.deepEqual(faults, [null]);
        else assert.match(faults[0] ?? '', situation.says);
      }
    });
  }

  it('of an entry where nobody answers, the router is named and not its secrets', async () => {
    const entry = [{ region: 'eu', url: 'http://127.0.0.1:1' }];
    const [silent] = await askEntries({ ...scopeIn({ name: '', says: null }), entry }, 'green', never);
    assert.match(silent?.fault ?? '', /no answer/);
    assert.match(silent?.fix ?? '', /^start the router/);
    const [mistyped] = await askEntries(
      scopeIn({ name: '', secret: `${PIN_SECRET}x`, says: null }),
      'green',
      never,
    );
    assert.equal(mistyped?.fix, undefined);
  });

  it('a replay finds in what comes back the errors that the router found for users (B6)', async () => {
    const scope = scopeIn({ name: 'the right secret', says: null });
    const again = (key: string) => replayRequest(scope, 'green', { method: 'GET', key }, never, OWN);
    assert.equal(await again('/sse'), null);
    assert.equal(await again('/sse-cut'), 'body:truncated_stream');
    assert.equal(await again('/sse-own'), 'body:error_event:full');
    assert.equal(await again('/error-json'), 'body:error_document:quota');
    assert.equal(await again('/500'), 'headers:http_5xx:500');
    assert.equal(await again('/302'), null, 'a redirect is an answer');
    assert.equal(await again('/app-late'), null, 'a write that was refused as it should be');
  });

  it('leaves no line of a user in the log', async () => {
    await edge.get('/last', { user: 'u1' });
    const [last] = await edge.lines((line) => line.route === '/last');
    assert.equal(last?.kind, 'user');
    assert.deepEqual(await edge.lines((line) => line.kind === 'user' && line.route !== '/last', 0), []);
  });
});
