/** How every AWS client of ours connects: keys and region as the worker's environment has them, else as the SDK finds them. */
import type { ProviderScope } from '../ports/index.ts';

/** Client options; `region` and `endpoint` of the plan win over the environment's. */
export function awsConnection(
  region: string | undefined,
  endpoint: string | undefined,
  env: ProviderScope['env'],
): Record<string, unknown> {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  const where = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  return {
    ...(where === undefined ? {} : { region: where }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Without keys in the environment the SDK looks in its usual places: profiles, web identity, instance role.
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }),
  };
}

const CONNECT_MS = 5000;

/**
 * Left to itself the SDK waits without end for an answer, and with a limit alone it only warns that it was passed; a body that stops
 * coming is ended too.
 * @param answerMs longest wait for an answer, and between two parts of it
 */
export function answersWithin(answerMs: number): Record<string, unknown> {
  return {
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, answerMs),
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      socketTimeout: answerMs,
    },
  };
}
