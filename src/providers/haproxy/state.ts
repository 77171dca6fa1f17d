/** What the runtime API tells of a backend, as values. */

export interface Server {
  readonly name: string;
  /** That it works by now, 0 to 256. */
  readonly weight: number;
  /** That of its configuration. */
  readonly configured: number;
  /** Takes users: its check does not say otherwise, and nobody has put it into maintenance or drains it. */
  readonly isUp: boolean;
  /** Somebody has put it into maintenance or drains it. */
  readonly isHeld: boolean;
}

/** States in which HAProxy sends users to a server: starting and running. */
const UP = [1, 2];

/** @param answer to `show servers state` @returns null where it is none */
export function serversOf(answer: string): readonly Server[] | null {
  const header = answer.split('\n').find((line) => line.startsWith('# '));
  if (header === undefined) return null;
  const names = header.slice(2).split(' ');
  return answer
    .split('\n')
    .filter((line) => /^\d+ \S+ /.test(line))
    .map((line) => {
      const words = line.split(' ');
      const of = (name: string): string => words[names.indexOf(name)] ?? '';
      const isHeld = Number(of('srv_admin_state')) !== 0;
      return {
        name: of('srv_name'),
        weight: Number(of('srv_uweight')),
        configured: Number(of('srv_iweight')),
        isUp: UP.includes(Number(of('srv_op_state'))) && !isHeld,
        isHeld,
      };
    });
}

/** @param answer to `show stat`: one record for each line, by the names of its columns */
export function statsOf(answer: string): readonly Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = answer.split('\n');
  const names = header.replace(/^# /, '').split(',');
  return lines.map((line) => {
    const words = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, words[index] ?? '']));
  });
}

/** Who set the weights, as a key of the table that HAProxy keeps. */
export interface SetBy {
  readonly weightPercent: number;
  readonly generation: number;
  readonly writer: string;
}

/** The table takes that many bytes for a key, and cuts a longer one. */
export const MAX_KEY = 500;

export function keyOf(service: string, { generation, weightPercent, writer }: SetBy): string {
  return [service, generation, weightPercent, encodeURIComponent(writer)].join('|');
}

/** @param answer to `show table` */
export function setBy(answer: string, service: string): readonly (SetBy & { readonly key: string })[] {
  return [...answer.matchAll(/ key=(\S+)/g)].flatMap(([, key = '']) => {
    const [whose, generation, weightPercent, writer = ''] = key.split('|');
    if (whose !== service) return [];
    try {
      const by = { generation: Number(generation), weightPercent: Number(weightPercent) };
      return [{ ...by, writer: decodeURIComponent(writer), key }];
    } catch {
      return [];
    }
  });
}
