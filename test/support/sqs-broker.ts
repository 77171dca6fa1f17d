/**
 * An SQS to test against: fauxqs behind a loopback proxy that can be slow, lose replies and refuse. `CUTOVER_TEST_SQS` names
 * another broker to put behind it.
 * Added by the proxy, as AWS documents it and fauxqs lacks it: queues without `.fifo` keep a MessageGroupId (fair queues) and
 * refuse a MessageDeduplicationId; a FIFO queue hands out its dead letters' limits, windows and delays as fauxqs does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';

type Json = Record<string, unknown>;

interface Entry extends Json {
  Id?: string;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  MessageAttributes?: Json;
}

export interface SqsCall {
  readonly action: string;
  /** Last part of the queue's URL. */
  readonly queue: string;
  readonly body: Json;
}

/** `lose`: the broker acts, its answer never arrives. A code: the whole call is refused. A map: these entries are. */
export type Verdict = 'pass' | 'lose' | { readonly code: string } | { readonly entries: Json };

export interface SqsBroker {
  readonly endpoint: string;
  readonly client: SQSClient;
  /** Of each call, ms. */
  latencyMs: number;
  judge: (call: SqsCall) => Verdict;
  readonly calls: SqsCall[];
  close(): Promise<void>;
}

const FAIR_GROUP = 'x-fair-group';
const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };
export const SQS_ENV = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
} as const;

export async function startSqsBroker(): Promise<SqsBroker> {
  const other = process.env['CUTOVER_TEST_SQS'];
  // `startFauxqs` listens on every interface; the app underneath can be kept on loopback.
  const app = buildApp({ logger: false });
  const behind = other ?? (await app.listen({ port: 0, host: '127.0.0.1' }));
  const state = { latencyMs: 0, judge: (): Verdict => 'pass', calls: [] as SqsCall[] };
  const server = createServer((req, res) => {
    serve(req, res).catch(() => res.destroy());
  });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Json;
    const action = String(req.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
    const url = typeof body['QueueUrl'] === 'string' ? body['QueueUrl'] : '';
    const call = { action, queue: url.split('/').at(-1) ?? '', body };
    state.calls.push(call);
    if (state.latencyMs > 0) await sleep(state.latencyMs);
    const verdict = broker.judge(call);
    if (typeof verdict === 'object' && 'code' in verdict) return refuse(res, verdict.code);
    const isFifo = call.queue.endsWith('.fifo');
    const entries = (action === 'SendMessage' ? [body] : (body['Entries'] ?? [])) as Entry[];
    const isSend = action.startsWith('SendMessage');
    const stray = isSend && !isFifo && entries.some((one) => one.MessageDeduplicationId !== undefined);
    if (stray) return refuse(res, 'InvalidParameterValue');
    if (isSend && !isFifo && other === undefined) {
      for (const one of entries) toAttribute(one);
    }
    const refused = typeof verdict === 'object' ? (verdict.entries as Record<string, string>) : {};
    const left = entries.filter((one) => refused[one.Id ?? ''] === undefined);
    const sent =
      action === 'SendMessage' || entries.length === left.length ? body : { ...body, Entries: left };
    const answer = left.length === 0 && entries.length > 0 ? new Response('{}') : await ask(req, sent);
    const got = (await answer.json()) as Json;
    if (verdict === 'lose') return void res.destroy();
    if (Object.keys(refused).length > 0) {
      const failed = entries.filter((one) => refused[one.Id ?? ''] !== undefined);
      got['Failed'] = [
        ...((got['Failed'] ?? []) as Json[]),
        ...failed.map(({ Id }) => ({ Id, Code: refused[Id ?? ''], SenderFault: true, Message: 'refused' })),
      ];
    }
    if (action === 'ReceiveMessage') for (const one of (got['Messages'] ?? []) as Entry[]) fromAttribute(one);
    res.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    res.end(JSON.stringify(got));
  }

  function ask(req: IncomingMessage, body: Json): Promise<Response> {
    const headers = Object.fromEntries(
      Object.entries(req.headers).filter(([name]) => !/^(host|connection|content-length|expect)$/.test(name)),
    ) as Record<string, string>;
    return fetch(`${behind}${req.url ?? '/'}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials: KEYS });
  const broker: SqsBroker = Object.assign(state, {
    endpoint,
    client,
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.close();
    },
  });
  return broker;
}

function toAttribute(entry: Entry): void {
  const group = entry.MessageGroupId;
  if (group === undefined) return;
  delete entry.MessageGroupId;
  entry.MessageAttributes = {
    ...entry.MessageAttributes,
    [FAIR_GROUP]: { DataType: 'String', StringValue: group },
  };
}

function fromAttribute(message: Entry): void {
  const { [FAIR_GROUP]: group, ...rest } = message.MessageAttributes ?? {};
  if (group === undefined) return;
  const { StringValue: value } = group as { StringValue: string };
  message['MessageAttributes'] = rest;
  message['Attributes'] = { ...(message['Attributes'] as Json | undefined), MessageGroupId: value };
}

function refuse(res: ServerResponse, code: string): void {
  const type =
    code === 'AccessDenied' ? 'com.amazon.coral.service#AccessDeniedException' : `com.amazonaws.sqs#${code}`;
  res.writeHead(code === 'AccessDenied' ? 403 : 400, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-query-error': `${code};Sender`,
  });
  res.end(JSON.stringify({ __type: type, message: `${code}, as the test says` }));
}
