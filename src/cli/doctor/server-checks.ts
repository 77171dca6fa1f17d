/**
 * Checks of the Temporal server: it answers, knows the namespace and cutover's attributes, has workers, tells our time.
 * Invariant: reads only; what a server forbids us to see is `unknown`, not wrong.
 */
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { connectSettings } from '../../client/index.ts';
import { findAttributes, type AttributesFound } from '../../temporal/search-attributes.ts';
import { CUTOVER_SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import type { Check, Patient } from './check.ts';

const ANSWER_MS = 5000;

/** A freeze is a lease by the clock: workers and edge must agree on the time better than this, ms. */
const SKEW_MS = 2000;

type QueueType = proto.temporal.api.enums.v1.TaskQueueType;

const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOW_QUEUE, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITY_QUEUE } =
  proto.temporal.api.enums.v1.TaskQueueType;

export async function* serverChecks(patient: Patient): AsyncGenerator<Check> {
  const over = {
    ...(patient.address === undefined ? {} : { address: patient.address }),
    ...(patient.namespace === undefined ? {} : { namespace: patient.namespace }),
  };
  let connection: Connection;
  let settings: ReturnType<typeof connectSettings>;
  try {
    settings = connectSettings(over, patient.env);
    connection = await Connection.connect({ ...settings.options, connectTimeout: ANSWER_MS });
  } catch (error) {
    const where = patient.address ?? patient.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233';
    yield wrong(
      'Temporal',
      `${where}: ${firstLine(error)}`,
      'run `cutover dev` for a local one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE',
    );
    for (const name of ['namespace', 'search attributes', 'workflow workers', 'activity workers', 'clock']) {
      yield { name, state: 'unknown', detail: 'not looked at: no server', todo: null };
    }
    return;
  }
  const { address, namespace } = settings;
  const ask = <T>(question: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + ANSWER_MS, question);
  try {
    const system = await ask(() => connection.workflowService.getSystemInfo({})).catch(() => null);
    yield ok('Temporal', `${address} answers, version ${system?.serverVersion ?? 'unknown'}`);
    try {
      await ask(() => connection.workflowService.describeNamespace({ namespace }));
      yield ok('namespace', namespace);
    } catch (error) {
      yield wrong(
        'namespace',
        `${namespace}: ${firstLine(error)}`,
        `create it (\`temporal operator namespace create ${namespace}\`) or set TEMPORAL_NAMESPACE`,
      );
      return;
    }
    yield await attributes(connection, namespace);
    yield await pollers('workflow workers', WORKFLOW_QUEUE, { connection, namespace, ask, patient });
    yield await pollers('activity workers', ACTIVITY_QUEUE, { connection, namespace, ask, patient });
    yield await clockSkew(connection, namespace);
  } finally {
    await connection.close();
  }
}

type Ask = <T>(question: () => Promise<T>) => Promise<T>;

async function attributes(connection: Connection, namespace: string): Promise<Check> {
  return attributesCheck(await findAttributes(connection, namespace, ANSWER_MS));
}

/** Any but the right type would be refused in mid-switch, so both kinds of fault are wrong. */
export function attributesCheck(found: AttributesFound): Check {
  const name = 'search attributes';
  if (found.state === 'ok') return ok(name, Object.keys(CUTOVER_SEARCH_ATTRIBUTES).join(' '));
  if (found.state === 'unknown') {
    return { name, state: 'unknown', detail: `may not be listed here: ${found.why}`, todo: null };
  }
  const { missing, mistyped } = found;
  const detail = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(' ')}`]),
    ...mistyped.map((one) => `${one.name} is ${one.is}, not ${one.wanted}`),
  ].join('; ');
  const remove = mistyped.map((one) => `--name ${one.name}`).join(' ');
  const create = [...missing, ...mistyped.map((one) => one.name)]
    .map(
      (one) =>
        `--name ${one} --type ${CUTOVER_SEARCH_ATTRIBUTES[one as keyof typeof CUTOVER_SEARCH_ATTRIBUTES]}`,
    )
    .join(' ');
  const todo = [
    ...(remove === '' ? [] : [`temporal operator search-attribute remove ${remove}`]),
    `temporal operator search-attribute create ${create}`,
  ].join(', then ');
  return wrong(name, detail, `${todo} (switches run without them, but cannot be searched for)`);
}

async function pollers(
  name: string,
  taskQueueType: QueueType,
  {
    connection,
    namespace,
    ask,
    patient: { taskQueue },
  }: { connection: Connection; namespace: string; ask: Ask; patient: Patient },
): Promise<Check> {
  try {
    const queue = await ask(() =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType,
      }),
    );
    const found = [...new Set((queue.pollers ?? []).map((poller) => poller.identity ?? '?'))];
    return found.length > 0
      ? ok(name, `${found.length} on ${taskQueue}: ${found.slice(0, 3).join(', ')}`)
      : wrong(
          name,
          `none on task queue ${taskQueue}`,
          'start one: `cutover worker` (a switch waits for it and loses nothing)',
        );
  } catch (error) {
    return { name, state: 'unknown', detail: firstLine(error), todo: null };
  }
}

/**
 * No call tells the server's time, but a poller's last access does: we poll a queue that nothing is ever put on, and look
 * when the server says it saw us.
 */
async function clockSkew(connection: Connection, namespace: string): Promise<Check> {
  const name = 'clock';
  const queue = { name: `cutover-doctor-${hostname()}-${process.pid}` };
  const identity = `cutover-doctor@${hostname()}`;
  const before = Date.now();
  const seenEnough = new AbortController();
  // The server takes no poll shorter than two seconds, so it is cut off when we have what we want.
  const polling = connection
    .withAbortSignal(seenEnough.signal, () =>
      connection.withDeadline(before + ANSWER_MS, () =>
        connection.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: queue, identity }),
      ),
    )
    .catch(() => null);
  try {
    for (let tries = 0; tries < 20; tries += 1) {
      const seen = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: queue,
          taskQueueType: WORKFLOW_QUEUE,
        }),
      );
      const at = seen.pollers?.find((poller) => poller.identity === identity)?.lastAccessTime;
      if (at?.seconds !== undefined && at.seconds !== null) {
        const server = Number(at.seconds.toString()) * 1000 + (at.nanos ?? 0) / 1e6;
        // Seen some time between then and now: only what is outside counts.
        const skew = Math.round(server < before ? server - before : Math.max(0, server - Date.now()));
        return Math.abs(skew) <= SKEW_MS
          ? ok(name, `agrees with the server (${Math.abs(skew)} ms apart or less than a round trip)`)
          : wrong(
              name,
              `the server is ${Math.abs(skew)} ms ${skew > 0 ? 'ahead of' : 'behind'} this machine`,
              'synchronise clocks (NTP) here and on the server: leases are by the clock',
            );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { name, state: 'unknown', detail: 'the server does not tell its time', todo: null };
  } catch (error) {
    return { name, state: 'unknown', detail: `could not be compared: ${firstLine(error)}`, todo: null };
  } finally {
    seenEnough.abort();
    await polling;
  }
}

function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, todo: null };
}

function wrong(name: string, detail: string, todo: string): Check {
  return { name, state: 'wrong', detail, todo };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}
