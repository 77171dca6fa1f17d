/** Entries made from the field list of the vendor's page on access logs: none was written by us. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { read } from './kit.ts';

const ENTRY = {
  type: 'https',
  time: '2026-03-02T10:00:00.186641Z',
  elb: 'app/docs/50dc6c495c0c9188',
  client: '203.0.113.7:2817',
  target: '10.0.0.1:8080',
  request: '0.001',
  targetTime: '0.048',
  response: '0.037',
  status: '200',
  targetStatus: '200',
  received: '34',
  sent: '366',
  line: '"GET https://docs.example.com:443/v1/notes/8412?q=a%20b HTTP/1.1"',
  agent: '"Mozilla/5.0 (X11; Linux x86_64)"',
  cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
  protocol: 'TLSv1.2',
  group: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/docs-green/73e2d6bc24d8a067',
  trace: '"Root=1-58337364-23a8c76965a2ef7629b185e3"',
  domain: '"docs.example.com"',
  cert: '"arn:aws:acm:eu-west-1:123456789012:certificate/1"',
  rule: '1',
  created: '2026-03-02T10:00:00.100000Z',
  actions: '"forward"',
  redirect: '"-"',
  reason: '"-"',
  targets: '"10.0.0.1:8080"',
  statuses: '"200"',
  class: '"-"',
  classReason: '"-"',
  connection: 'TID_1234abcd5678ef90',
};

const entry = (over: Partial<typeof ENTRY> = {}): string => Object.values({ ...ENTRY, ...over }).join(' ');

void describe('reader alb', () => {
  void it('reads an entry: times, color, route, address, target', () => {
    const { lines, left } = read('alb', [entry()]);
    assert.deepEqual(left, []);
    const [line] = lines;
    assert.deepEqual(
      { ...line },
      {
        ts: '2026-03-02T10:00:00.100Z',
        id: 'Root=1-58337364-23a8c76965a2ef7629b185e3 TID_1234abcd5678ef90 203.0.113.7:2817',
        service: 'docs',
        route: '/v1/notes/*',
        method: 'GET',
        kind: 'user',
        color: 'green',
        user: '203.0.113.7',
        user_by: 'address',
        region: 'eu-west-1',
        instance: '10.0.0.1:8080',
        cache: { key: '/v1/notes/8412?q=a%20b', hit: null },
        status: 200,
        error: null,
        latency_ms: { tffb: 86, tfinal: 86.641 },
      },
    );
  });

  void it('takes a client that left after a second for an answer that the color did not give', () => {
    const { lines } = read('alb', [
      entry({
        status: '460',
        request: '-1',
        targetTime: '-1',
        response: '-1',
        time: '2026-03-02T10:00:02.100000Z',
      }),
      entry({ status: '460', targetTime: '-1', time: '2026-03-02T10:00:00.300000Z' }),
      entry({ status: '504', targetStatus: '-' }),
    ]);
    assert.deepEqual(
      lines.map(({ error, latency_ms: { tffb, tfinal } }) => [error, tffb, tfinal]),
      [
        ['headers:abandoned', undefined, 2000],
        ['client:closed', undefined, 200],
        [null, 86, 86.641],
      ],
    );
  });

  void it('names what is no request of a color', () => {
    const { lines, left } = read('alb', [
      entry({ group: '-' }),
      entry({ type: 'wss' }),
      entry({ agent: '"half' }).slice(0, 250),
      entry({ status: '-' }),
      entry().slice(0, entry().indexOf(' "Root=')),
      'Enable AccessLog for ELB: docs at 2026-03-02T10:00:00Z',
    ]);
    assert.deepEqual(lines, []);
    assert.deepEqual(left, [
      'no color in target_group_arn',
      'a WebSocket, which tells only how long it was open',
      'a quote that is not closed',
      'no readable status',
      'an entry of fewer than 22 fields',
      'no entry of an ALB',
    ]);
  });

  void it('knows colors by what the plan says of them, and our own requests by their agent', () => {
    const colors = { blue: 'targetgroup/docs-a/', green: 'targetgroup/docs-b/' };
    const group = (name: string): string => ENTRY.group.replace('docs-green', name);
    const { lines } = read(
      'alb',
      [entry({ group: group('docs-a') }), entry({ group: group('docs-b'), agent: '"cutover/warm"' })],
      { colors, region: 'eu' },
    );
    assert.deepEqual(
      lines.map(({ color, kind, region }) => [color, kind, region]),
      [
        ['blue', 'user', 'eu'],
        ['green', 'warm', 'eu'],
      ],
    );
  });
});
