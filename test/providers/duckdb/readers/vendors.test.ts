/** One small log a format, with the names that its vendor documents or, where the format is the user's own, names in common use. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ndjson, requestLine } from '../../../../src/conformance/request-lines.ts';
import { read } from './kit.ts';

const ours = ndjson([requestLine({ color: 'green' })]).trimEnd();

void describe('reader workers-trace', () => {
  const event = (over: object = {}): string =>
    JSON.stringify({
      CPUTimeMs: 3,
      DispatchNamespace: '',
      Entrypoint: '',
      Event: {
        RayID: '7d6f1a2b3c4d5e6f',
        Request: { Method: 'GET', URL: 'https://docs.example.com/v1/answer' },
        Response: { Status: 200 },
      },
      EventTimestampMs: 1_772_445_600_000,
      EventType: 'fetch',
      Exceptions: [],
      Logs: [
        { Level: 'debug', Message: ['unrelated', { a: 1 }], TimestampMs: 1_772_445_600_001 },
        { Level: 'log', Message: [ours], TimestampMs: 1_772_445_600_020 },
      ],
      Outcome: 'ok',
      ScriptName: 'docs-router',
      ScriptTags: [],
      ScriptVersion: { ID: 'a' },
      WallTimeMs: 25,
      ...over,
    });

  void it('takes the router’s line out of the console messages', () => {
    const { lines, left } = read('workers-trace', [event()]);
    assert.deepEqual(left, []);
    assert.deepEqual(lines, [JSON.parse(ours)]);
  });

  void it('reads what wrangler prints as well', () => {
    const tail = {
      outcome: 'ok',
      logs: [{ message: [ours], level: 'log', timestamp: 1 }],
      eventTimestamp: 1,
    };
    assert.equal(read('workers-trace', [JSON.stringify(tail)]).lines.length, 1);
  });

  void it('names events without a line by what they are', () => {
    const { lines, left } = read('workers-trace', [
      event(),
      event({ EventType: 'scheduled', Logs: [] }),
      event({ Logs: [], Outcome: 'exceededCpu' }),
      event({ Logs: [], Outcome: 'exception', ScriptName: 'another' }),
      event({ Logs: [], ScriptName: 'another' }),
      event({ Logs: [{ Level: 'log', Message: [`${ours.slice(0, -60)}<<<Logpush: message truncated>>>`] }] }),
      event().slice(0, 300),
    ]);
    assert.equal(lines.length, 1);
    assert.deepEqual(left, [
      'a trace event that is no request',
      'no request line in a trace event with outcome exceededCpu',
      'no request line in Logs of a trace event',
      'no request line in Logs of a trace event',
      'a request line that is cut off',
      'JSON that is cut off or broken',
    ]);
  });
});

void describe('reader otlp', () => {
  const attribute = (key: string, value: object) => ({ key, value });
  const span = (over: object = {}, more: readonly object[] = []) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    name: 'GET /v1/answer',
    kind: 2,
    startTimeUnixNano: '1772445600000000000',
    endTimeUnixNano: '1772445600020500000',
    attributes: [
      attribute('http.request.method', { stringValue: 'GET' }),
      attribute('http.route', { stringValue: '/v1/answer' }),
      attribute('url.path', { stringValue: '/v1/answer' }),
      attribute('url.query', { stringValue: 'q=1' }),
      attribute('http.response.status_code', { intValue: '200' }),
      attribute('client.address', { stringValue: '203.0.113.7' }),
      ...more,
    ],
    status: {},
    ...over,
  });
  const request = (spans: readonly object[], resource: readonly object[]) =>
    JSON.stringify({
      resourceSpans: [
        { resource: { attributes: resource }, scopeSpans: [{ scope: { name: 'http' }, spans }] },
      ],
    });
  const resource = [
    attribute('service.name', { stringValue: 'docs' }),
    attribute('cutover.color', { stringValue: 'green' }),
    attribute('cloud.region', { stringValue: 'eu-west-1' }),
    attribute('service.instance.id', { stringValue: 'pod-1' }),
  ];

  void it('reads server spans, several a line', () => {
    const cold = span({ spanId: 'eee19b7ec3c1b175', kind: 'SPAN_KIND_SERVER' }, [
      attribute('faas.coldstart', { boolValue: true }),
      attribute('user.id', { stringValue: 'u1' }),
    ]);
    const client = span({ kind: 3 });
    const { lines, left } = read('otlp', [request([span(), cold, client], resource)]);
    assert.deepEqual(left, ['a span of no server']);
    assert.deepEqual(
      lines.map((line) => [
        line.ts,
        line.color,
        line.route,
        line.user,
        line.user_by,
        line.cold,
        line.instance,
      ]),
      [
        ['2026-03-02T10:00:00.000Z', 'green', '/v1/answer', '203.0.113.7', 'address', undefined, 'pod-1'],
        ['2026-03-02T10:00:00.000Z', 'green', '/v1/answer', 'u1', 'key', true, 'pod-1'],
      ],
    );
    assert.equal(lines[0]?.latency_ms.tfinal, 20.5);
    assert.equal(lines[0]?.id, '5b8efff798038103d269b633813fc60ceee19b7ec3c1b174');
    assert.equal(lines[0]?.cache?.key, '/v1/answer?q=1');
    assert.equal(lines[0]?.region, 'eu-west-1');
  });

  void it('takes a request that failed without an answer for a failure, and other spans for none', () => {
    const without = (over: object): string => {
      const one = span(over);
      const attributes = one.attributes.filter((each) => !JSON.stringify(each).includes('status_code'));
      return request([{ ...one, attributes }], resource);
    };
    const { lines, left } = read('otlp', [without({ status: { code: 2 } }), without({})]);
    assert.deepEqual(
      lines.map(({ status, error }) => [status, error]),
      [[500, 'headers:closed']],
    );
    assert.deepEqual(left, ['a server span without an HTTP status']);
  });

  void it('takes the color from the attribute that the plan names', () => {
    const more = [attribute('k8s.deployment.name', { stringValue: 'docs-b' })];
    const { lines } = read('otlp', [request([span({}, more)], [])], {
      fields: { color: { from: 'k8s.deployment.name' } },
      colors: { blue: 'docs-a', green: 'docs-b' },
    });
    assert.equal(lines[0]?.color, 'green');
    assert.deepEqual(read('otlp', [request([span()], [])]).left, [
      'no color in cutover.color, deployment.color, service.version, deployment.environment.name, service.name',
    ]);
  });

  void it('reads request lines in log records, as text and as an object', () => {
    const kvlist = {
      kvlistValue: {
        values: [
          attribute('ts', { stringValue: '2026-03-02T10:00:00Z' }),
          attribute('color', { stringValue: 'blue' }),
          attribute('status', { intValue: 200 }),
          attribute('latency_ms', { kvlistValue: { values: [attribute('tfinal', { doubleValue: 20 })] } }),
        ],
      },
    };
    const logRecords = [
      { body: { stringValue: ours } },
      { body: kvlist },
      { body: { stringValue: 'started' } },
    ];
    const { lines, left } = read('otlp', [
      JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
    ]);
    assert.deepEqual(
      lines.map(({ color, latency_ms: { tfinal } }) => [color, tfinal]),
      [
        ['green', 20],
        ['blue', 20],
      ],
    );
    assert.deepEqual(left, ['a log record without a request line']);
  });
});

void describe('reader cloudfront', () => {
  const HEADER =
    '#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(User-Agent) cs-uri-query x-edge-result-type x-edge-request-id x-host-header time-taken time-to-first-byte';
  const entry = (status = '200', result = 'Miss', host = 'docs-green.example.com'): string =>
    `2026-03-02\t10:00:02\tCDG52-P1\t512\t203.0.113.7\tGET\td1.cloudfront.net\t/v1/answer\t${status}\tMozilla/5.0\tq=1\t${result}\tReq1==\t${host}\t1.250\t0.020`;

  void it('reads standard logs by their header: a request begins before its answer is finished', () => {
    const { lines, left } = read('cloudfront', [
      '#Version: 1.0',
      HEADER,
      entry(),
      entry('000', 'Error'),
      entry('200', 'Hit'),
    ]);
    assert.deepEqual(left, []);
    assert.deepEqual(
      lines.map((line) => [
        line.ts,
        line.color,
        line.status,
        line.error,
        line.cache?.hit,
        line.latency_ms.tfinal,
      ]),
      [
        ['2026-03-02T10:00:00.750Z', 'green', 200, null, false, 1250],
        ['2026-03-02T10:00:00.750Z', 'green', 499, 'headers:abandoned', null, 1250],
        ['2026-03-02T10:00:00.750Z', 'green', 200, null, true, 1250],
      ],
    );
    assert.deepEqual([lines[0]?.id, lines[0]?.region, lines[0]?.user_by], ['Req1==', 'CDG52-P1', 'address']);
  });

  void it('reads real-time logs by the columns of the plan', () => {
    const columns = ['timestamp', 'c-ip', 'sc-status', 'time-taken', 'cs-uri-stem', 'cs-host'];
    const line = '1772445600.123\t203.0.113.7\t200\t0.020\t/v1/answer\tblue.example.com';
    const { lines } = read('cloudfront', [line], { columns });
    assert.deepEqual(
      lines.map(({ ts, color }) => [ts, color]),
      [['2026-03-02T10:00:00.103Z', 'blue']],
    );
    assert.deepEqual(read('cloudfront', [line]).left, ['no #Fields header and no columns in the plan']);
  });
});

void describe('reader api-gateway', () => {
  const entry = {
    requestId: 'JKJaXmPLvHcESHA=',
    ip: '203.0.113.7',
    requestTime: '02/Mar/2026:10:00:00 +0000',
    httpMethod: 'GET',
    routeKey: 'GET /v1/answer',
    status: '200',
    protocol: 'HTTP/1.1',
    responseLength: '366',
    responseLatency: '86',
    stage: 'green',
  };

  void it('reads entries alone, exported, and in a subscription', () => {
    const text = JSON.stringify(entry);
    const batch = JSON.stringify({
      messageType: 'DATA_MESSAGE',
      logEvents: [{ id: '1', timestamp: 1, message: text }],
    });
    const { lines, left } = read('api-gateway', [text, `2026-03-02T10:00:00.000Z ${text}`, batch]);
    assert.deepEqual(left, []);
    assert.equal(lines.length, 3);
    for (const { ts, color, route, latency_ms: latency } of lines) {
      assert.deepEqual(
        [ts, color, route, latency.tfinal],
        ['2026-03-02T10:00:00.000Z', 'green', 'GET /v1/answer', 86],
      );
    }
  });

  void it('names an entry without latency: the format is the user’s own', () => {
    const { responseLatency: _, ...without } = entry;
    assert.deepEqual(read('api-gateway', [JSON.stringify(without)]).left, ['no readable latency']);
  });
});

void describe('reader vercel', () => {
  const log = {
    id: '1',
    deploymentId: 'dpl_1',
    source: 'lambda',
    host: 'docs.vercel.app',
    timestamp: 1_772_445_600_000,
    projectId: 'p',
    level: 'info',
  };

  void it('takes request lines out of messages, also of a batch', () => {
    const one = { ...log, message: `started\n${ours}\n` };
    const { lines } = read('vercel', [JSON.stringify(one), JSON.stringify([one, one])]);
    assert.equal(lines.length, 3);
  });

  void it('says why what the platform knows is not enough', () => {
    const platform = {
      ...log,
      statusCode: 200,
      proxy: { timestamp: 1, method: 'GET', statusCode: 200, path: '/' },
    };
    assert.deepEqual(read('vercel', [JSON.stringify(platform)]).left, [
      'a log of the platform, which tells no duration',
    ]);
  });
});

void describe('reader fastly', () => {
  void it('reads the usual names, a duration in µs, and what the plan names otherwise', () => {
    const line = JSON.stringify({
      timestamp: '2026-03-02T10:00:00+0000',
      url: '/v1/answer?q=1',
      request_method: 'GET',
      response_status: 200,
      fastly_is_hit: true,
      backend: 'F_docs_green',
      time_elapsed: 20_500,
      who: 'u1',
    });
    const [found] = read('fastly', [line], { fields: { user: { from: 'who' } } }).lines;
    assert.deepEqual(
      [found?.ts, found?.color, found?.route, found?.latency_ms.tfinal, found?.cache?.hit, found?.user],
      ['2026-03-02T10:00:00.000Z', 'green', '/v1/answer', 20.5, true, 'u1'],
    );
  });
});

void describe('reader fields', () => {
  const fields = {
    ts: { from: '@timestamp' },
    color: { from: 'labels.track' },
    status: { from: 'http.status' },
    'latency_ms.tfinal': { from: 'took', unit: 's' },
  } as const;

  void it('reads what the plan names, with units and paths', () => {
    const line = JSON.stringify({
      '@timestamp': 1_772_445_600.5,
      labels: { track: 'blue' },
      http: { status: '503' },
      took: 0.5,
    });
    const [found] = read('fields', [line], { fields }).lines;
    assert.deepEqual(
      [found?.ts, found?.color, found?.status, found?.latency_ms.tfinal],
      ['2026-03-02T10:00:00.500Z', 'blue', 503, 500],
    );
  });

  void it('takes a text with a slash for a path only when it begins as one', () => {
    const routes = ['/v1/answer?q=1', 'https://docs.example.com/v1/answer', 'GET /v1/answer', 'docs/answer'];
    const lines = routes.map((route) =>
      JSON.stringify({
        '@timestamp': 1_772_445_600.5,
        labels: { track: 'blue' },
        http: { status: 200 },
        took: 1,
        route,
      }),
    );
    const found = read('fields', lines, { fields: { ...fields, route: { from: 'route' } } }).lines;
    assert.deepEqual(
      found.map(({ route }) => route),
      ['/v1/answer', '/v1/answer', 'GET /v1/answer', 'docs/answer'],
    );
  });

  void it('names each thing that is missing', () => {
    const good = {
      '@timestamp': '2026-03-02T10:00:00Z',
      labels: { track: 'blue' },
      http: { status: 200 },
      took: 1,
    };
    const bad = [
      { ...good, '@timestamp': 'soon' },
      { ...good, labels: {} },
      { ...good, http: { status: 20.5 } },
      { ...good, took: -1 },
    ];
    assert.deepEqual(
      read('fields', [...bad.map((one) => JSON.stringify(one)), 'text', '[1]'], { fields }).left,
      [
        'no readable ts',
        'no color in labels.track',
        'no readable status',
        'no readable latency',
        'no JSON',
        'no JSON object',
      ],
    );
  });
});
