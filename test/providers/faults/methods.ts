/** Which methods of the ports change the world. A method that is added to a port does not compile before it has a word here. */
import { PORT_NAMES, type PortName, type Ports } from '../../../src/ports/index.ts';

type Method<T> = {
  [M in keyof T]-?: NonNullable<T[M]> extends (...given: never[]) => unknown ? M : never;
}[keyof T];

/** An edge is made of ports that stand here themselves; `close` lets go of what the port itself opened. */
type Told<P extends PortName> = Exclude<Method<Ports[P]> & string, 'close'>;

const METHODS: { readonly [P in Exclude<PortName, 'edge'>]: Readonly<Record<Told<P>, 'writes' | 'reads'>> } =
  {
    store: { read: 'reads', compareAndSet: 'writes', clock: 'reads', check: 'reads' },
    router: { observe: 'reads' },
    traffic: { apply: 'writes', readBack: 'reads', check: 'reads' },
    queue: { topic: 'reads', depth: 'reads', retryPolicy: 'reads', check: 'reads', move: 'writes' },
    cache: { check: 'reads', purge: 'writes', verifyPurged: 'reads', prime: 'writes' },
    fence: { check: 'reads', freeze: 'writes', thaw: 'writes', state: 'reads' },
    warmup: { warm: 'writes', check: 'reads', release: 'writes' },
    color: { health: 'reads', retire: 'writes' },
    telemetry: {
      window: 'reads',
      sums: 'reads',
      totals: 'reads',
      blocks: 'reads',
      catalogue: 'reads',
      popularKeys: 'reads',
      sample: 'reads',
      hourly: 'reads',
    },
    notify: { send: 'writes' },
    evidence: { put: 'writes', get: 'reads', publish: 'writes', published: 'reads' },
    // It asks a service of the user's own, which decides what asking does.
    gate: { judge: 'reads' },
    step: { perform: 'writes', check: 'reads' },
  };

export interface Write {
  readonly port: PortName;
  readonly method: string;
}

export const WRITES: readonly Write[] = PORT_NAMES.flatMap((port) =>
  port === 'edge'
    ? []
    : Object.entries(METHODS[port])
        .filter(([, does]) => does === 'writes')
        .map(([method]) => ({ port, method })),
);
