import { writeFileSync } from 'node:fs';

/** Stands for the vendors: what their services hold, in the memory of one process. Each name is a world of its own. */
const worlds = new Map();

export function world(name = 'main') {
  const known = worlds.get(name) ?? {
    config: null,
    keys: new Set(),
    weight: { weightPercent: 0 },
    epoch: { blue: 1, green: 1 },
    purges: new Map(),
    cached: new Set(),
    fence: { turn: 0, frozen: false, older: false },
    warm: { blue: 0, green: 0 },
    retired: new Set(),
    lines: [],
    outbox: [],
    sent: new Set(),
    metrics: {},
    stops: new Map(),
    losing: false,
    calls: new Set(),
    steps: new Map(),
    changes: [],
  };
  worlds.set(name, known);
  return known;
}

let count = 0;
export const freshWorld = () => world(`test-${(count += 1)}`);

/** Notes that a port was used, so that the whole switch can be seen to have used all. */
export function used(w, port) {
  w.calls.add(port);
  if (w === worlds.get('main')) writeFileSync('used.json', JSON.stringify([...w.calls]));
}

/** Where a write may be made to hang. */
export async function reached(w, place) {
  const stop = w.stops.get(place);
  if (stop === undefined) return;
  w.stops.delete(place);
  stop.arrived();
  await stop.gate;
}

export function stopAt(w, place) {
  let arrived, goOn;
  const stopped = new Promise((resolve) => (arrived = resolve));
  const gate = new Promise((resolve) => (goOn = resolve));
  w.stops.set(place, { arrived, gate });
  return { stopped, goOn };
}

/** True once after an answer was asked to be lost. */
export function loses(w) {
  const { losing } = w;
  w.losing = false;
  return losing;
}
