/**
 * What a port can get wrong, as a change of one of the stranger's modules, and the rule of its suite that must find it. Null: another
 * honest way of keeping the rules, so that none may fail.
 */
export interface Break {
  readonly what: string;
  readonly file: string;
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly rule: string | null;
}

const store = (
  what: string,
  rule: string | null,
  ...changes: readonly (readonly [string, string])[]
): Break => ({ what, file: 'my-store.js', changes, rule });

export const BREAKS: readonly Break[] = [
  store('compares nothing as it sets', 'a writer that was stopped in its write brings no old config back', [
    'if (stands !== follows)',
    'if (false)',
  ]),
  store('counts on without a gap', 'a generation that was lost may be left out, over the one that stands', [
    'if (stands !== follows)',
    'if (stands !== next.generation - 1)',
  ]),
  store('believes what it sent', 'a writer that is overtaken before its read-back is told to reread', [
    'if (w.config.writer !== next.writer || w.config.generation !== next.generation)',
    'if (false)',
  ]),
  store('forgets its keys', 'a write whose answer was lost is one write when it is repeated with its key', [
    'isMine && w.keys.has(idempotencyKey)',
    'false',
  ]),
  store(
    'reads what stood a moment ago',
    'a read after another writer’s write returns that write, every time',
    [
      'return w.config;\n    },\n    async compareAndSet',
      'const old = w.old ?? null;\n      w.old = w.config;\n      return old;\n    },\n    async compareAndSet',
    ],
  ),
  store(
    'takes the last write and says so',
    null,
    ["fencing: 'strong'", "fencing: 'weak'"],
    ["      await reached(w, 'put');\n", ''],
    ['        w.config = freezeForMs', "        await reached(w, 'put');\n        w.config = freezeForMs"],
  ),
  {
    what: 'signs its writes with another name',
    file: 'my-traffic.js',
    changes: [['writer: idempotencyKey', "writer: 'me'"]],
    rule: 'comes to what was set, says who set it if it can, and goes up',
  },
  {
    what: 'counts probes as users',
    file: 'my-sums.js',
    changes: [['countedLine(line) ?? []', "countedLine({ ...line, kind: 'user' }) ?? []"]],
    rule: 'sums are those of the appended lines',
  },
  {
    what: 'takes each request for a user of its own',
    file: 'my-sums.js',
    changes: [['countedLine(line) ?? []', 'countedLine({ ...line, user: null }) ?? []']],
    rule: 'sums are those of the appended lines',
  },
  {
    what: 'forgets a field of the health contract',
    file: 'my-color.js',
    changes: [['capacity: { ready: 2, max: 10 }', 'capacity: { ready: 2 }']],
    rule: 'a contract has the required fields, and of the others what it tells is of its kind',
  },
  {
    what: 'believes its folder',
    file: 'my-evidence.js',
    changes: [['if (digestOf(text) !== digest)', 'if (false)']],
    rule: 'notices evidence that was changed',
  },
  {
    what: 'breaks as it is closed again',
    file: 'my-notify.js',
    changes: [
      [
        '    async send(',
        "    async close() {\n      if (w.isClosed) throw new Error('closed before');\n      w.isClosed = true;\n    },\n    async send(",
      ],
    ],
    rule: 'may be closed twice, at once and again, also when nothing was asked of it',
  },
  {
    what: 'leaves a timer behind',
    file: 'my-warmup.js',
    changes: [['  return {\n    async warm', '  setInterval(() => {}, 1000);\n  return {\n    async warm']],
    rule: 'leaves no timer, connection or process behind, and no promise that breaks later',
  },
  {
    what: 'puts jobs nowhere before it takes them away',
    file: 'my-queue.js',
    changes: [['broker.jobs[to].push(job);', '']],
    rule: 'carries jobs there, back, there again and back, whole and once',
  },
];
