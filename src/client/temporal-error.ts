/**
 * Why Temporal could not be used, in one line with what to do. Both SDK halves are read: the client's gRPC codes, and the worker's
 * errors, whose cause stands in their text alone.
 */
import { NamespaceNotFoundError } from '@temporalio/client';
import { UserError } from '../domain/errors.ts';
import {
  GRPC_NOT_FOUND,
  GRPC_PERMISSION_DENIED,
  GRPC_UNAUTHENTICATED,
  grpcCode,
  serverSaid,
} from '../temporal/grpc-code.ts';

/** sysexits' EX_UNAVAILABLE: Temporal cannot be reached. */
export const EXIT_UNAVAILABLE = 69;

/** sysexits' EX_NOPERM: Temporal answers, and does not let these credentials in. */
export const EXIT_DENIED = 77;

/** sysexits' EX_CONFIG: something answers, and the settings do not fit it. */
export const EXIT_SETTINGS = 78;

/** What was tried. */
export interface TemporalTried {
  readonly address: string;
  readonly namespace: string;
  /** Undefined outside a worker. */
  readonly taskQueue?: string;
  readonly tls: boolean;
  readonly apiKey: boolean;
}

type Rule = readonly [
  fits: (cause: unknown, said: string) => boolean,
  exitCode: number,
  message: (tried: TemporalTried, said: string) => string,
  hint: (tried: TemporalTried) => string,
];

const RULES: readonly Rule[] = [
  [
    (cause, said) =>
      cause instanceof NamespaceNotFoundError ||
      grpcCode(cause) === GRPC_NOT_FOUND ||
      /namespace .* (is|was) not found/i.test(said),
    EXIT_SETTINGS,
    ({ address, namespace }) => `${address} has no namespace ${namespace}`,
    ({ namespace }) =>
      `create it (\`temporal operator namespace create ${namespace}\`) or set TEMPORAL_NAMESPACE or --namespace`,
  ],
  [
    (cause, said) =>
      [GRPC_PERMISSION_DENIED, GRPC_UNAUTHENTICATED].includes(grpcCode(cause) ?? -1) ||
      /permission ?denied|unauthenticated|unauthorized|jwt|invalid api key/i.test(said),
    EXIT_DENIED,
    ({ address, namespace, taskQueue }, said) =>
      `${address} does not let these credentials use namespace ${namespace}${taskQueue === undefined ? '' : ` and task queue ${taskQueue}`}: ${said}`,
    ({ apiKey }) =>
      apiKey
        ? 'check TEMPORAL_API_KEY: that it has not expired, and may write to this namespace'
        : 'set TEMPORAL_API_KEY or a client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH) that may write to this namespace',
  ],
  [
    (_, said) => /InvalidContentType|wrong version number|InvalidMessage|packet length too long/i.test(said),
    EXIT_SETTINGS,
    ({ address, apiKey }) =>
      `${address} speaks no TLS, and the settings ask for it${apiKey ? ' (an API key turns TLS on)' : ''}`,
    ({ apiKey }) =>
      apiKey
        ? 'for a plain server unset TEMPORAL_API_KEY, or set TEMPORAL_TLS=false; for Temporal Cloud check TEMPORAL_ADDRESS'
        : 'set TEMPORAL_TLS=false for a plain server, or check TEMPORAL_ADDRESS',
  ],
  [
    (_, said) =>
      /certificate|UnknownIssuer|CertificateRequired|HandshakeFailure|NotValidForName|UnknownCA/i.test(said),
    EXIT_SETTINGS,
    ({ address }, said) => `the TLS certificates of ${address} and of these settings do not fit: ${said}`,
    () =>
      'check TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_SERVER_NAME and the client certificate; in a slim image install ca-certificates',
  ],
  [
    (_, said) =>
      /http2 error|h2 protocol|FRAME_SIZE|UnexpectedEof|connection reset|unexpected end of file/i.test(said),
    EXIT_SETTINGS,
    ({ address, tls }) =>
      tls
        ? `${address} breaks the connection off`
        : `${address} does not speak plain gRPC: it may expect TLS, or be no Temporal server`,
    () =>
      'check TEMPORAL_ADDRESS (port 7233 is gRPC, 8233 the web UI); for TLS set TEMPORAL_TLS=true or TEMPORAL_API_KEY',
  ],
  [
    (_, said) => /dns error|ENOTFOUND|EAI_AGAIN|name resolution/i.test(said),
    EXIT_UNAVAILABLE,
    ({ address }) => `the name in ${address} is not known here`,
    () => 'check TEMPORAL_ADDRESS',
  ],
  [
    (_, said) => /invalid .*(domain|uri|url|port)|targetUrl/i.test(said),
    EXIT_SETTINGS,
    ({ address }) => `${JSON.stringify(address)} is no address`,
    () => 'write TEMPORAL_ADDRESS as host:port',
  ],
];

/** Always a UserError; what nobody foresaw counts as unreachable, with the SDK's own words. */
export function temporalProblem(cause: unknown, tried: TemporalTried): UserError {
  if (cause instanceof UserError) return cause;
  const said = serverSaid(cause);
  const rule = RULES.find(([fits]) => fits(cause, said));
  if (rule !== undefined) {
    const [, exitCode, message, hint] = rule;
    return new UserError(message(tried, brief(said)), { hint: hint(tried), exitCode, cause });
  }
  const { address, namespace, tls } = tried;
  const refused = /ConnectionRefused|ECONNREFUSED/.test(said);
  const why = refused ? 'connection refused' : brief(said);
  const doubt = tls
    ? '; the settings ask for TLS, which a plain server never answers (TEMPORAL_API_KEY, TEMPORAL_TLS)'
    : '; a server that expects TLS is silent too (TEMPORAL_TLS=true)';
  return new UserError(`no Temporal server answers at ${address} (namespace ${namespace}): ${why}`, {
    hint: `run \`cutover dev\` for a local one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE${refused ? '' : doubt}`,
    exitCode: EXIT_UNAVAILABLE,
    cause,
  });
}

/** The message inside the worker's wrappers, which repeat it as bytes. */
function brief(said: string): string {
  const inner = /message: "([^"]*)"/.exec(said)?.[1];
  return (inner ?? said).slice(0, 200);
}
