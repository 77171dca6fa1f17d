/**
 * Traffic by the weights of two servers in one backend, on every HAProxy that users come through.
 *
 * Invariants: HAProxy itself keeps who set the weights, and forgets it with them; weights that are not those of the last write are told as
 * somebody else's; the server that gains is set before the one that loses, so that never both are without.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import type { ProviderScope, TrafficPort, TrafficReading } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { refusal } from './errors.ts';
import { manifest } from './manifest.ts';
import { Runtime } from './runtime.ts';
import { keyOf, MAX_KEY, serversOf, setBy, statsOf, type Server, type SetBy } from './state.ts';

/** What stands at one HAProxy. */
interface Standing {
  readonly servers: Readonly<Record<Color, Server>>;
  readonly others: readonly Server[];
  /** Null where both have weight 0 and it serves nobody. */
  readonly weightPercent: number | null;
  /** Every write of this service that it remembers. */
  readonly remembered: readonly (SetBy & { readonly key: string })[];
  /** The one whose weights stand. */
  readonly by: SetBy | null;
  /** Its weights are those of its configuration, and it remembers no write. */
  readonly isFresh: boolean;
}

interface Serving extends Standing {
  readonly weightPercent: number;
}

/** In percent; weights are whole numbers out of 100. */
const SAME = 0.0005;
/** Algorithms that deal each request anew. */
const DEALT = ['roundrobin', 'static-rr', 'leastconn', 'first', 'random'];

/** @throws UserError when an option is wrong. */
export function haproxyTraffic(ref: ProviderRef, { service, from, to }: ProviderScope): TrafficPort {
  const options = parseOptions(manifest.ports.traffic, ref, 'traffic');
  const { backend, memory } = options;
  const nodes = options.sockets.map((where) => new Runtime(where, options.timeoutMs));

  async function standing(node: Runtime, signal: AbortSignal | undefined): Promise<Standing> {
    const [state = '', table = ''] = await node.ask(signal, [
      `show servers state ${backend}`,
      `show table ${memory}`,
    ]);
    const all = serversOf(state);
    if (all === null) throw refusal(state, node.where);
    if (!table.startsWith('# table:')) throw refusal(table, node.where);
    const server = (color: Color): Server => {
      const found = all.find(({ name }) => name === options[color]);
      if (found === undefined) throw refusal(`No such server ${options[color]}`, node.where);
      return found;
    };
    const servers = { blue: server('blue'), green: server('green') };
    const sum = servers.blue.weight + servers.green.weight;
    const weightPercent = sum === 0 ? null : (servers[to].weight / sum) * 100;
    const remembered = setBy(table, service);
    const by = remembered
      .filter((one) => isSame(weightPercent, one.weightPercent))
      .toSorted((a, b) => b.generation - a.generation)[0];
    return {
      servers,
      others: all.filter(({ name }) => name !== options.blue && name !== options.green),
      weightPercent,
      remembered,
      by: by ?? null,
      isFresh:
        remembered.length === 0 &&
        [servers.blue, servers.green].every(({ weight, configured }) => weight === configured),
    };
  }

  /** Where both have weight 0 a write may mend it, and nothing else. */
  async function serving(node: Runtime, signal: AbortSignal | undefined): Promise<Serving> {
    const now = await standing(node, signal);
    const { weightPercent } = now;
    if (weightPercent !== null) return { ...now, weightPercent };
    throw fault('human', node, `both ${options.blue} and ${options.green} have weight 0: it serves nobody`);
  }

  /** Of several, the one that most needs to be put right. */
  async function readBack(signal?: AbortSignal): Promise<TrafficReading> {
    const readings = await Promise.all(nodes.map(async (node) => readingOf(await serving(node, signal))));
    const worst =
      readings.find(({ writer }) => writer === undefined) ??
      readings.find(({ writer }) => writer === null) ??
      readings.toSorted((a, b) => (a.generation ?? 0) - (b.generation ?? 0))[0];
    if (worst === undefined) throw new Error('the manifest asks for a socket');
    return worst;
  }

  /**
   * On every HAProxy that can be asked, where users go home: one that cannot keeps nobody of the others from it. Where they go on, only
   * if all can be asked. On none where one knows of a newer write.
   */
  async function setAll(next: SetBy, signal: AbortSignal | undefined): Promise<void> {
    const asked = await Promise.allSettled(
      nodes.map(async (node) => ({ node, now: await standing(node, signal) })),
    );
    const found = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const { node, now } of found) assertCan(node, now, next);
    if (found.every(({ now }) => next.weightPercent >= (now.weightPercent ?? 0))) throwFirst(asked);
    const done = await Promise.allSettled(found.map(({ node, now }) => set(node, now, next, signal)));
    throwFirst([...asked, ...done]);
  }

  function assertCan(node: Runtime, { by, servers, weightPercent }: Standing, next: SetBy): void {
    if (by !== null && by.generation > next.generation)
      throw fault(
        'reread',
        node,
        `generation ${next.generation} lost: generation ${by.generation} set it, by ${by.writer}`,
      );
    if (next.weightPercent > (weightPercent ?? 0) && !servers[to].isUp)
      throw fault('retry', node, `${options[to]} is down or in maintenance there: nobody can be sent to it`);
  }

  async function set(
    node: Runtime,
    now: Standing,
    next: SetBy,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const isSet = now.by?.generation === next.generation && now.by.writer === next.writer;
    if (isSet && isSame(now.weightPercent, next.weightPercent)) return;
    const rises = next.weightPercent > (now.weightPercent ?? 0);
    const key = keyOf(service, next);
    if (key.length > MAX_KEY)
      throw fault('fatal', node, 'the name of the writer is too long to be kept there');
    const weight = (color: Color): string => {
      const share = color === to ? next.weightPercent : 100 - next.weightPercent;
      return `set server ${backend}/${options[color]} weight ${share}`;
    };
    const gains = rises ? to : from;
    const commands = [
      // Who drained it by another way meant it for less than this.
      ...(!rises && now.servers[from].isHeld ? [`set server ${backend}/${options[from]} state ready`] : []),
      weight(gains),
      weight(gains === to ? from : to),
      `set table ${memory} key ${key}`,
      ...now.remembered.filter((one) => one.key !== key).map((one) => `clear table ${memory} key ${one.key}`),
    ];
    const said = (await node.ask(signal, commands)).find((answer) => answer !== '');
    if (said !== undefined) throw refusal(said, node.where);
  }

  return {
    capabilities: manifest.ports.traffic.capabilities(options),
    readBack,

    async apply({ weightPercent, generation }, { idempotencyKey, signal }) {
      if (!Number.isInteger(weightPercent) || weightPercent < 0 || weightPercent > 100)
        throw new ProviderError(
          'fatal',
          'haproxy',
          `${weightPercent} % cannot be set: whole percents from 0 to 100 can`,
        );
      const next = { weightPercent, generation, writer: idempotencyKey };
      await setAll(next, signal);
      return readBack(signal);
    },

    async check(signal) {
      for (const node of nodes) {
        const now = await serving(node, signal);
        await asCutoverWants(node, now, signal);
        await takesWeights(node, now, signal);
        await remembers(node, signal);
      }
    },

    async close() {
      for (const node of nodes) node.close();
    },
  };

  /** What would move users otherwise than by the weights. */
  async function asCutoverWants(
    node: Runtime,
    now: Standing,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const [stat = '', table = ''] = await node.ask(signal, [
      `show stat ${backend} 6 -1`,
      `show table ${backend}`,
    ]);
    const lines = statsOf(stat);
    const of = (name: string): Readonly<Record<string, string>> | undefined =>
      lines.find(({ svname }) => svname === name);
    const isBackup = (name: string): boolean => of(name)?.['bck'] === '1';
    // One that is down now comes back by itself.
    const third = now.others.find(({ name, weight, isHeld }) => weight > 0 && !isHeld && !isBackup(name));
    if (third !== undefined)
      throw fault(
        'human',
        node,
        `server ${third.name} of backend ${backend} takes users too: take it out, or give it weight 0`,
      );
    const backup = [options.blue, options.green].find(isBackup);
    if (backup !== undefined)
      throw fault('human', node, `server ${backup} is a backup, whatever its weight: take \`backup\` out`);
    if (table.startsWith('# table:'))
      throw fault(
        'human',
        node,
        `backend ${backend} has a stick table: users that it knows stay where they are, whatever the weight; take it out`,
      );
    const held = [options.blue, options.green].find((name) => (of(name)?.['cookie'] ?? '') !== '');
    if (held !== undefined)
      throw fault(
        'human',
        node,
        `server ${held} has a cookie: users that carry it stay where they are, whatever the weight; take it out`,
      );
    const algorithm = of('BACKEND')?.['algo'] ?? '';
    if (options.sticky && DEALT.includes(algorithm))
      throw fault(
        'human',
        node,
        `backend ${backend} balances by ${algorithm}, which deals each request anew: leave \`sticky\` out, or balance by a hash`,
      );
  }

  /** Tried with a key as long as may be: a table cuts a longer one than it keeps, and says nothing. */
  async function remembers(node: Runtime, signal: AbortSignal | undefined): Promise<void> {
    const key = 'check|'.padEnd(MAX_KEY, '-');
    const [set = '', shown = '', cleared = ''] = await node.ask(signal, [
      `set table ${memory} key ${key}`,
      `show table ${memory}`,
      `clear table ${memory} key ${key}`,
    ]);
    if (set !== '' || cleared !== '') throw refusal(set || cleared, node.where);
    const kept = shown.split('\n').find((line) => line.includes(` key=${key} `));
    if (kept === undefined || !kept.includes(' exp=0'))
      throw fault(
        'human',
        node,
        `table ${memory} ${kept === undefined ? `cuts keys of ${MAX_KEY} bytes` : 'forgets keys after a time'}: write \`stick-table type string len ${MAX_KEY} size 100\` without \`expire\``,
      );
  }

  /** Tried on a server that has all users, or with the weight that it has, so that nobody is moved. */
  async function takesWeights(node: Runtime, now: Standing, signal: AbortSignal | undefined): Promise<void> {
    const { blue, green } = now.servers;
    const one = blue.weight > 0 ? blue : green;
    const command = (weight: number): string => `set server ${backend}/${one.name} weight ${weight}`;
    const hasAll = blue.weight === 0 || green.weight === 0;
    const other = one.weight > 1 ? one.weight - 1 : 2;
    const commands = [...(hasAll ? [command(other)] : []), command(one.weight)];
    const said = (await node.ask(signal, commands)).find((answer) => answer !== '');
    if (said !== undefined) throw refusal(said, node.where);
  }
}

function isSame(a: number | null, b: number): boolean {
  return a !== null && Math.abs(a - b) < SAME;
}

function readingOf({ weightPercent, by, isFresh }: Serving): TrafficReading {
  if (by !== null) return { weightPercent: by.weightPercent, writer: by.writer, generation: by.generation };
  return isFresh ? { weightPercent, writer: null } : { weightPercent };
}

function throwFirst(settled: readonly PromiseSettledResult<unknown>[]): void {
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function fault(kind: ProviderError['kind'], node: Runtime, why: string): ProviderError {
  return new ProviderError(kind, 'haproxy', `${node.where}: ${why}`);
}
