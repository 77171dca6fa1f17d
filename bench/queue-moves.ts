/**
 * How fast jobs move between two queues of each broker through a slow line, against the serial way (take, send, acknowledge, one call after
 * another, by the broker's own client) over the same line in the same run. The order of those that are no SQS queues is looked at.
 * Broker and line run in processes of their own. Jobs a CPU second of the mover say what a busy machine hides.
 * Run: node --import tsx bench/queue-moves.ts [--jobs 6000] [--serial 200] [--latency 10] [--groups 50] [--only rabbitmq].
 */
import { parseArgs } from 'node:util';
import type { Contestant } from './moves/contest.ts';
import { bullmq, nats, rabbitmq } from './moves/self-hosted.ts';
import { sqs } from './moves/sqs.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '6000' },
    serial: { type: 'string', default: '200' },
    latency: { type: 'string', default: '10' },
    groups: { type: 'string', default: '50' },
    only: { type: 'string', default: '' },
  },
});
const setting = { latencyMs: Number(values.latency) };
const CONTESTANTS: readonly (readonly [string, () => Promise<Contestant>])[] = [
  ['sqs', () => sqs(setting, null)],
  ['sqs', () => sqs(setting, Number(values.groups))],
  ['nats', () => nats(setting)],
  ['rabbitmq', () => rabbitmq(setting, 'classic')],
  ['rabbitmq', () => rabbitmq(setting, 'quorum')],
  ['bullmq', () => bullmq(setting)],
];

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

async function rateOf(count: number, filled: Promise<() => Promise<number>>): Promise<Rate> {
  const move = await filled;
  const [sinceMs, cpu] = [performance.now(), process.cpuUsage()];
  const moved = await move();
  const seconds = (performance.now() - sinceMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (moved !== count) throw new Error(`moved ${moved} of ${count}`);
  return { perSecond: moved / seconds, perCpuSecond: moved / ((user + system) / 1e6) };
}

for (const [broker, open] of CONTESTANTS) {
  if (!broker.startsWith(values.only)) continue;
  const contestant = await open();
  const { name } = contestant;
  const serial = await rateOf(Number(values.serial), contestant.serially(Number(values.serial)));
  const ours = await rateOf(Number(values.jobs), contestant.ours(Number(values.jobs)));
  await contestant.close();
  const ratio = (ours.perSecond / serial.perSecond).toFixed(1);
  process.stdout.write(
    `${name}: ${Math.round(ours.perSecond)} jobs/s (${Math.round(ours.perCpuSecond)} a CPU second), ` +
      `${Math.round(serial.perSecond)} jobs/s serially, ratio ${ratio}, ${values.latency} ms a call\n`,
  );
}
process.exit(0);
