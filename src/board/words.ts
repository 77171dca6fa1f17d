/**
 * What each event says, in a tone, a mark and a sentence. Invariant: total over all events, by its type: a new event does not
 * compile until it has words here.
 */
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/state.ts';
import { formatDuration } from '../domain/duration.ts';
import { blocking } from '../domain/finding.ts';
import { describeWaiting, waitingTotal } from '../domain/jobs.ts';
import { MARK, TONE, type Said } from './marks.ts';
import { backSaid } from './standing.ts';
import { gateTally, tallyText } from './tally.ts';
import { when } from './time.ts';

type Of<T extends SwitchEvent['type']> = Extract<SwitchEvent, { type: T }>;

const WORDS: { readonly [T in SwitchEvent['type']]: (event: Of<T>) => Said } = {
  started: (event) => ['bold', '▶', `started by ${event.by}, plan ${event.planDigest.slice(0, 12)}`],
  'stage-entered': (event) => ['bold', '▶', event.stage],
  'stage-passed': (event) => [
    'good',
    '✔',
    `${event.stage} passed${event.note === '' ? '' : `: ${event.note}`}`,
  ],
  findings: (event) => {
    const stops = blocking(event.findings);
    if (event.findings.length === 0) return ['good', '✔', 'preflight found nothing wrong'];
    const codes = event.findings.map((one) => one.code).join(', ');
    return [
      stops.length > 0 ? 'bad' : 'warn',
      stops.length > 0 ? '✖' : '!',
      `findings (${stops.length} blocking): ${codes}`,
    ];
  },
  baseline: (event) => ['dim', '·', `baseline captured, evidence ${event.evidence.slice(0, 12)}`],
  pinned: ({ why, pinned: { blue, green } }) => [
    'dim',
    '·',
    `pinned: blue ${blue.releases.join(', ')}, green ${green.releases.join(', ')}${why === null ? '' : ` (${why})`}`,
  ],
  'edge-written': (event) => {
    const { desiredPercent, actualPercent, generation, step, cohorts = [] } = event;
    const same = desiredPercent === actualPercent;
    if (same && cohorts.length > 0)
      return ['accent', '→', `${step}: cohorts ${cohorts.join(', ')} (generation ${generation})`];
    return [
      same ? 'accent' : 'bad',
      '→',
      `${step}: weight ${desiredPercent} %, read back ${actualPercent} % (generation ${generation})`,
    ];
  },
  'hold-started': (event) => [
    'dim',
    '·',
    `hold ${event.step}: ${formatDuration(event.forMs)}, ${event.looks} look${event.looks === 1 ? '' : 's'}`,
  ],
  looked: (event) => lookSaid(event),
  'hold-ended': (event) => [
    TONE[event.verdict],
    MARK[event.verdict],
    `hold ${event.step} ended: ${event.verdict}`,
  ],
  waiting: (event) => {
    const { what, deadlineMs, then } = event.wait;
    return [
      'warn',
      '…',
      `waits for ${what}${deadlineMs === null ? '' : ` until ${when(deadlineMs, event.atMs)}, then ${then}`}`,
    ];
  },
  waited: (event) => ['dim', '·', `wait over: ${event.how}`],
  'ramp-step': (event) => ['accent', '→', `ramp step ${event.index + 1}: ${event.weightPercent} %`],
  commanded: (event) => [
    'accent',
    '»',
    `${event.command.name} by ${event.command.by}${because(event.command.reason)}: ${event.answer}`,
  ],
  'command-refused': (event) => [
    'warn',
    '»',
    `${event.command.name} by ${event.command.by} refused: ${event.answer}`,
  ],
  'transaction-opened': (event) => [
    'bold',
    '▶',
    `cutover transaction ${event.attempt}: writes frozen until ${when(event.freezeUntilMs, event.atMs)} at the latest`,
  ],
  drained: (event) => [
    'good',
    '✔',
    `queue drained: empty for ${formatDuration(event.quietMs)}, ${event.dead} dead letters`,
  ],
  unwound: (event) => ['warn', '↩', `transaction ${event.attempt} unwound: ${event.reason}`],
  flipped: (event) => [
    'good',
    '⇄',
    `FLIPPED at generation ${event.generation}${event.frozenMs === null ? '' : `; writes were frozen for ${formatDuration(event.frozenMs)}`}`,
  ],
  'transaction-closed': () => ['dim', '·', 'cutover transaction closed'],
  'fence-closed': ({ moved, lateWrites, left }) => {
    const behind = left === null || waitingTotal(left) === 0 ? '' : `; left behind: ${describeWaiting(left)}`;
    const jobs = left === null ? '' : `${moved} stragglers moved, `;
    const what = `fence window closed: ${jobs}${lateWrites} late writes refused${behind}`;
    return behind === '' ? ['good', '✔', what] : ['warn', '!', what];
  },
  warmed: ({ sent, cold, failed }) => [
    failed > 0 ? 'warn' : 'dim',
    '·',
    `warmed: ${sent} pings, ${cold} cold${failed > 0 ? `, ${failed} failed` : ''}`,
  ],
  'cache-moved': (event) => [
    'dim',
    '·',
    `caches: purged ${event.purged}, ${event.primed} keys primed, ${event.failed} failed`,
  ],
  'edge-read': (event) => [
    'dim',
    '·',
    `edge ${event.step}: ${event.actualPercent} % (generation ${event.generation})`,
  ],
  'signal-ignored': (event) => [
    'warn',
    '?',
    `signal ${event.name} is unknown and was ignored (${event.total} so far)`,
  ],
  step: (event) => stepSaid(event),
  'flip-begun': () => ['dim', '·', 'the flip begins: steps that are undone until then are kept from here on'],
  'flip-refused': () => ['dim', '·', 'the flip was not written: what is undone until then is undone'],
  'undo-registered': (event) => ['dim', '·', `undo registered: ${event.undo}`],
  'rollback-started': (event) => ['bad', '↩', `ROLLING BACK (${event.trigger}): ${event.reason}`],
  'rollback-restored': (event) => [
    'good',
    '✔',
    `users are back after ${formatDuration(event.restoredInMs)} (generation ${event.generation})`,
  ],
  'rollback-step': (event) => ['good', '↩', `${event.undo} undone: ${event.detail}`],
  'rollback-stuck': (event) => [
    'bad',
    '✖',
    `ROLLBACK STUCK at ${event.undo} since ${when(event.sinceMs, event.atMs)}; it keeps trying`,
  ],
  'no-return': (event) => ['bold', '!', `point of no return: ${event.color} is being decommissioned`],
  note: (event) => ['dim', '·', event.text],
  ended: (event) => outcomeSaid(event.outcome),
};

/** The event in words, without its time. */
export function eventSaid<T extends SwitchEvent['type']>(event: Of<T>): Said {
  const say = WORDS[event.type] as ((event: Of<T>) => Said) | undefined;
  // A newer worker may tell of what this version does not know.
  return say === undefined ? ['dim', '·', event.type] : say(event);
}

function lookSaid(event: Extract<SwitchEvent, { type: 'looked' }>): Said {
  const { look, gates, verdict, step } = event;
  const tally = tallyText(gateTally(gates));
  const telling = gates.find((gate) => gate.verdict === verdict && gate.verdict !== 'pass' && !gate.advisory);
  const why = telling === undefined ? '' : `; ${telling.gate}: ${telling.summary}`;
  return [
    TONE[verdict],
    MARK[verdict],
    `look ${look.index}${look.planned > 0 ? `/${look.planned}` : ''} of ${step}: ${verdict} (${tally})${why}`,
  ];
}

function stepSaid({ step, how, round, detail }: Of<'step'>): Said {
  const which = `step ${step}${round === 1 ? '' : ` (round ${round})`}`;
  const why = detail === '' ? '' : `: ${detail}`;
  switch (how) {
    case 'begun':
      return ['accent', '→', `${which} begins, its undo is registered`];
    case 'done':
      return ['good', '✔', `${which} done${why}`];
    case 'failed':
      return ['bad', '✖', `${which} failed${why}`];
    case 'skipped':
      return ['warn', '!', `${which} is left out${why}`];
    case 'undone':
      return ['good', '↩', `${which} undone${why}`];
    case 'kept':
      return ['warn', '!', `${which} is kept, as the plan says${why}`];
    case 'left':
      return ['bad', '!', `${which} is NOT undone${why}`];
  }
}

/** How a switch ended, as tone, mark and sentence. */
export function outcomeSaid(outcome: Outcome): Said {
  if (outcome.kind === 'completed') {
    return ['good', '✔', `COMPLETED${outcome.report === null ? '' : `; report ${outcome.report}`}`];
  }
  if (outcome.kind === 'refused') {
    const codes = blocking(outcome.findings).map((one) => one.code);
    return ['bad', '✖', `REFUSED at preflight: ${codes.join(', ')}`];
  }
  const { reason, remedy } = outcome;
  return ['bad', '↩', `ROLLED BACK: ${reason}; ${backSaid(outcome)}. ${remedy}`];
}

function because(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`;
}
