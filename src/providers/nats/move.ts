/**
 * The backfill guard on JetStream: takes jobs as a worker does, publishes them to the other stream, and acknowledges each when that has it.
 *
 * Invariants: a job is acknowledged only after the other stream has confirmed it; the id by which the other stream knows a repeat is made of
 * the source and its sequence, so it is one for all tries of a hop and another for the next hop; no more is taken than the target has
 * room for, because what was taken has one delivery less; jobs are published in the order in which they were taken.
 */
import { JetStreamApiError, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Moved } from '../../ports/index.ts';
import { KEY_ATTRIBUTE, RECEIVES_ATTRIBUTE } from '../job-attributes.ts';
import type { JetStream } from './connection.ts';
import { count, type Counted, type NatsQueue } from './depth.ts';
import { bytesOf, isFull, roomOf, type Room } from './room.ts';

/** Taken and published together: their confirmations are waited for side by side. */
const BATCH = 250;
/** JetStream's least wait for jobs, ms. */
const FETCH_MS = 1000;
/** A call ends about then, so that its caller can say how far it is, ms. */
const CALL_MS = 8000;
/** Set by the server or meant for one hop. */
const SERVERS_OWN = /^nats-/i;

interface Between {
  readonly source: NatsQueue;
  readonly target: NatsQueue;
}

export async function move(js: JetStream, between: Between, maxMessages: number): Promise<Moved> {
  const { source, target } = between;
  const [from, to] = await Promise.all([count(js.manager, source), count(js.manager, target)]);
  const waiting = from.consumer.num_pending + from.consumer.num_ack_pending;
  if (waiting === 0) return { moved: 0 };
  const room = roomOf(to);
  const full = `${target.subject}: stream ${target.stream} is full`;
  if (isFull(room)) return refused(0, from, full);
  const stuck = whyStuck(from, source);
  if (stuck !== null) return refused(0, from, stuck);
  const untilMs = Date.now() + CALL_MS;
  // What comes later is for the next call.
  const asked = Math.min(maxMessages, waiting);
  const most = Math.min(asked, room.messages);
  const pulled = await js.client.consumers.get(source.stream, source.consumer);
  let moved = 0;
  while (moved < most && Date.now() < untilMs) {
    // Until the target has taken one, only one can lose a delivery.
    const wanted = moved === 0 ? 1 : Math.min(batchOf(from, room), most - moved);
    const taken = await take(pulled, wanted);
    if (taken.length === 0) break;
    const { accepted, why, isLastTry } = await handOver(js, between, from, taken, room);
    moved += accepted;
    if (why !== null) {
      const jobs = taken.length - accepted;
      return { moved, refused: { jobs, why: `${target.subject}: ${why}`, isLastTry } };
    }
  }
  return moved === most && most < asked ? refused(moved, from, full) : { moved };
}

/** As many as the consumer hands out at once, and as the target has room for if they are as large as those that wait. */
function batchOf({ consumer, stream }: Counted, { bytes }: Room): number {
  const { max_batch: atOnce = 0 } = consumer.config;
  const mean = stream.state.bytes / Math.max(1, stream.state.messages);
  const fit = Math.max(1, Math.floor(bytes / Math.max(1, mean)));
  return Math.min(BATCH, fit, atOnce > 0 ? atOnce : BATCH);
}

/** Why the source hands nothing out, though it holds jobs. */
function whyStuck({ consumer }: Counted, { consumer: name, stream }: NatsQueue): string | null {
  if (consumer.paused === true)
    return `consumer ${name} of ${stream} is paused: resume it while no worker pulls`;
  const limit = consumer.config.max_ack_pending ?? -1;
  if (limit > 0 && consumer.num_ack_pending >= limit)
    return `consumer ${name} of ${stream} hands nothing out: its ${limit} outstanding acknowledgements are reached`;
  return null;
}

function refused(moved: number, { consumer }: Counted, why: string): Moved {
  return { moved, refused: { jobs: Math.max(0, consumer.num_pending - moved), why, isLastTry: false } };
}

async function take(pulled: Consumer, wanted: number): Promise<readonly JsMsg[]> {
  const taken: JsMsg[] = [];
  for await (const message of await pulled.fetch({ max_messages: wanted, expires: FETCH_MS }))
    taken.push(message);
  return taken;
}

interface HandedOver {
  readonly accepted: number;
  /** Why the target refused the others; null where it took all. */
  readonly why: string | null;
  readonly isLastTry: boolean;
}

async function handOver(
  js: JetStream,
  { source, target }: Between,
  from: Counted,
  taken: readonly JsMsg[],
  room: Room,
): Promise<HandedOver> {
  const born = Date.parse(from.stream.created);
  const confirmed = await Promise.allSettled(
    taken.map(async (job) => {
      const hop = `cutover/${source.stream}/${born}/${job.seq}`;
      const carries = carried(job, `nats:${source.stream}:${born}:${job.seq}`);
      const bytes = bytesOf(target, hop, carries, job.data);
      if (bytes > room.bytes) {
        // A smaller one that comes after it would overtake it.
        room.bytes = 0;
        throw new NoRoom(`stream ${target.stream} is full`);
      }
      room.bytes -= bytes;
      return js.client.publish(target.subject, job.data, {
        msgID: hop,
        headers: carries,
        expect: { streamName: target.stream },
      });
    }),
  );
  let why: string | null = null;
  let isLastTry = false;
  const most = from.consumer.config.max_deliver ?? -1;
  const settled = confirmed.map(async (one, index) => {
    const job = taken[index];
    if (job === undefined) return false;
    if (one.status === 'fulfilled') return job.ackAck();
    const { reason } = one as { readonly reason: unknown };
    // What is not known to be refused may be there: it comes again after its time, under the same id.
    if (!(reason instanceof JetStreamApiError || reason instanceof NoRoom)) throw reason;
    why = reason.message;
    if (most > 0 && job.info.deliveryCount >= most) isLastTry = true;
    else job.nak();
    return false;
  });
  const accepted = (await Promise.all(settled)).filter(Boolean).length;
  return { accepted, why, isLastTry };
}

class NoRoom extends Error {}

/** The producer's headers, with the key of the job and its deliveries so far. @param ownKey of a job that has none */
function carried(job: JsMsg, ownKey: string): MsgHdrs {
  const carries = headers();
  for (const [name, values] of job.headers ?? []) {
    if (SERVERS_OWN.test(name)) continue;
    for (const value of values) carries.append(name, value);
  }
  const key = job.headers?.get(KEY_ATTRIBUTE) || job.headers?.get('Nats-Msg-Id') || ownKey;
  carries.set(KEY_ATTRIBUTE, key);
  const before = Number(job.headers?.get(RECEIVES_ATTRIBUTE) || 0) + job.info.deliveryCount - 1;
  if (before > 0) carries.set(RECEIVES_ATTRIBUTE, String(before));
  return carries;
}
