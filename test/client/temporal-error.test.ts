/** A worker and a client that cannot use Temporal: one line with the cause, what to do, and an exit code of its own; never a bug. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import { temporalProblem } from '../../src/client/temporal-error.ts';
import { PROGRAM } from '../support/program.ts';
import { sharedServer, testEnv } from '../support/temporal.ts';

const TRIED = { address: 'host:7233', namespace: 'prod', tls: false, apiKey: false } as const;
const grpc = (code: number, details: string): Error =>
  new ServiceError('failed', {
    cause: Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} }),
  });

describe('each cause has its line and its code (A18)', () => {
  const cases: readonly [string, Error, object, number, RegExp, RegExp][] = [
    [
      'unknown namespace, by the worker',
      new Error(
        'Namespace prod was not found or otherwise could not be described: Status { code: NotFound }',
      ),
      {},
      78,
      /^host:7233 has no namespace prod$/,
      /namespace create prod/,
    ],
    [
      'unknown namespace, by the client',
      new NamespaceNotFoundError('prod'),
      {},
      78,
      /has no namespace prod/,
      /TEMPORAL_NAMESPACE/,
    ],
    [
      'permission denied',
      grpc(7, 'Request unauthorized.'),
      { taskQueue: 'cutover' },
      77,
      /does not let these credentials use namespace prod and task queue cutover: .*unauthorized/,
      /TEMPORAL_API_KEY or a client certificate/,
    ],
    [
      'an API key that has expired',
      grpc(16, 'Jwt is expired'),
      { apiKey: true, tls: true },
      77,
      /does not let these credentials/,
      /has not expired/,
    ],
    [
      'an API key against a plain server',
      new Error('ConnectError(Custom { kind: InvalidData, error: InvalidMessage(InvalidContentType) })'),
      { apiKey: true, tls: true },
      78,
      /speaks no TLS, .*an API key turns TLS on/,
      /unset TEMPORAL_API_KEY/,
    ],
    [
      'TLS against a plain server',
      new Error('InvalidMessage(InvalidContentType)'),
      { tls: true },
      78,
      /speaks no TLS, and the settings ask for it$/,
      /TEMPORAL_TLS=false/,
    ],
    [
      'plain against TLS',
      new Error('hyper::Error(Http2, Error { kind: GoAway(b"", FRAME_SIZE_ERROR, Library) })'),
      {},
      78,
      /does not speak plain gRPC: it may expect TLS/,
      /TEMPORAL_TLS=true/,
    ],
    [
      'a certificate of somebody else',
      new Error('invalid peer certificate: UnknownIssuer'),
      { tls: true },
      78,
      /certificates .* do not fit/,
      /ca-certificates/,
    ],
    [
      'a client certificate is asked for',
      new Error('AlertReceived(CertificateRequired)'),
      { tls: true },
      78,
      /certificates/,
      /client certificate/,
    ],
    [
      'refused',
      new Error('Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }'),
      {},
      69,
      /no Temporal server answers at host:7233 .*: connection refused/,
      /cutover dev/,
    ],
    [
      'no such host',
      new Error('dns error: failed to lookup address information'),
      {},
      69,
      /the name in host:7233 is not known/,
      /TEMPORAL_ADDRESS/,
    ],
    [
      'no address',
      new TypeError('fn client_new.args[1].targetUrl: invalid international domain name'),
      {},
      78,
      /is no address/,
      /host:port/,
    ],
    [
      'silence with TLS',
      new Error('Failed to connect before the deadline'),
      { tls: true },
      69,
      /Failed to connect before the deadline/,
      /the settings ask for TLS/,
    ],
    ['anything else', new Error('something new'), {}, 69, /something new/, /TEMPORAL_ADDRESS/],
  ];
  for (const [what, cause, tried, exitCode, message, hint] of cases) {
    it(`${what} (A18)`, () => {
      const problem = temporalProblem(cause, { ...TRIED, ...tried });
      assert.equal(problem.exitCode, exitCode);
      assert.match(problem.message, message);
      assert.match(problem.hint ?? '', hint);
      assert.equal(problem.message.includes('\n'), false);
    });
  }
});

describe('a worker process (A18, A19)', { concurrency: 2 }, () => {
  let silent: Server;
  let address = '';
  before(async () => {
    ({ address } = await sharedServer());
    silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  after(() => silent.close());

  async function worker(env: NodeJS.ProcessEnv, begun?: (child: ChildProcess) => void) {
    const child = spawn(process.execPath, [...PROGRAM, 'worker'], {
      env: testEnv({ NO_COLOR: '1', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    begun?.(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    }
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, text };
  }

  it('unknown namespace: 78, one line (A18)', async () => {
    const { code, text } = await worker({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'nowhere' });
    assert.equal(code, 78, text);
    assert.match(text, /^cutover: 127\.0\.0\.1:\d+ has no namespace nowhere$/m);
    assert.doesNotMatch(text, /bug of cutover/);
  });

  it('an API key against a plain server: 78, says so (A18)', async () => {
    const { code, text } = await worker({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: 'secret-key' });
    assert.equal(code, 78, text);
    assert.match(text, /speaks no TLS, .*an API key turns TLS on/);
    assert.doesNotMatch(text, /secret-key|bug of cutover/);
  });

  it('nobody there: 69 (A18)', async () => {
    const { code, text } = await worker({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    assert.equal(code, 69, text);
    assert.match(text, /connection refused/);
  });

  it('SIGTERM before it is ready ends it by its own hand, as the first process of a container must (A19)', async () => {
    const { port } = silent.address() as AddressInfo;
    // It knocks, and a moment later asks in earnest: whenever the signal comes, a handler of ours must take it.
    for (const afterMs of [0, 1500]) {
      const begun = (child: ChildProcess): void => {
        silent.once('connection', () => setTimeout(() => child.kill('SIGTERM'), afterMs));
      };
      const { code, signal, text } = await worker({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, begun);
      assert.equal(signal, null, text);
      assert.ok([0, 130].includes(code ?? -1), `${code}: ${text}`);
    }
  });
});
