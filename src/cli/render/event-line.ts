/**
 * One human line an event: `12:03:11 ✔ shadow: …`. Used by `start --wait`, `history`, `status`, `demo` and `rehearse`.
 * Invariant: total over all events, one line each, no control characters; times are UTC.
 */
import type { SwitchEvent } from '../../domain/event.ts';
import type { Verdict } from '../../domain/gate.ts';
import type { Outcome } from '../../domain/state.ts';
import { formatDuration } from '../../domain/duration.ts';
import { blocking } from '../../domain/finding.ts';
import { noPaint, type Paint, type Tone } from '../output.ts';
import { clock, oneLine } from './text.ts';

export const MARK: Readonly<Record<Verdict, string>> = {
  pass: '✔',
  fail: '✖',
  inconclusive: '?',
  error: '⚠',
  skipped: '–',
};

export const TONE: Readonly<Record<Verdict, Tone>> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  error: 'warn',
  skipped: 'dim',
};

/** The event as one line, with its time (UTC). */
export function eventLine(event: SwitchEvent, paint: Paint = noPaint): string {
  const [tone, mark, what] = said(event);
  return `${paint('dim', clock(event.atMs))} ${paint(tone, mark)} ${oneLine(what)}`;
}

type Said = readonly [tone: Tone, mark: string, what: string];

function said(event: SwitchEvent): Said {
  switch (event.type) {
    case 'started':
      return ['bold', '▶', `started by ${event.by}, plan ${event.planDigest.slice(0, 12)}`];
    case 'stage-entered':
      return ['bold', '▶', event.stage];
    case 'stage-passed':
      return ['good', '✔', `${event.stage} passed${event.note === '' ? '' : `: ${event.note}`}`];
    case 'findings': {
      const stops = blocking(event.findings);
      if (event.findings.length === 0) return ['good', '✔', 'preflight found nothing wrong'];
      const codes = event.findings.map((one) => one.code).join(', ');
      return [
        stops.length > 0 ? 'bad' : 'warn',
        stops.length > 0 ? '✖' : '!',
        `findings (${stops.length} blocking): ${codes}`,
      ];
    }
    case 'baseline':
      return ['dim', '·', `baseline captured, evidence ${event.evidence.slice(0, 12)}`];
    case 'edge-written': {
      const { desiredPercent, actualPercent, generation, step } = event;
      const same = desiredPercent === actualPercent;
      return [
        same ? 'accent' : 'bad',
        '→',
        `${step}: weight ${desiredPercent} %, read back ${actualPercent} % (generation ${generation})`,
      ];
    }
    case 'hold-started':
      return [
        'dim',
        '·',
        `hold ${event.step}: ${formatDuration(event.forMs)}, ${event.looks} look${event.looks === 1 ? '' : 's'}`,
      ];
    case 'looked':
      return lookSaid(event);
    case 'hold-ended':
      return [TONE[event.verdict], MARK[event.verdict], `hold ${event.step} ended: ${event.verdict}`];
    case 'waiting': {
      const { what, deadlineMs, then } = event.wait;
      return [
        'warn',
        '…',
        `waits for ${what}${deadlineMs === null ? '' : ` until ${clock(deadlineMs)}, then ${then}`}`,
      ];
    }
    case 'waited':
      return ['dim', '·', `wait over: ${event.how}`];
    case 'ramp-step':
      return ['accent', '→', `ramp step ${event.index + 1}: ${event.weightPercent} %`];
    case 'commanded':
      return [
        'accent',
        '»',
        `${event.command.name} by ${event.command.by}${reason(event.command.reason)}: ${event.answer}`,
      ];
    case 'command-refused':
      return ['warn', '»', `${event.command.name} by ${event.command.by} refused: ${event.answer}`];
    default:
      return laterSaid(event);
  }
}

type Later = Exclude<
  SwitchEvent,
  {
    type:
      | 'started'
      | 'stage-entered'
      | 'stage-passed'
      | 'findings'
      | 'baseline'
      | 'edge-written'
      | 'hold-started'
      | 'looked'
      | 'hold-ended'
      | 'waiting'
      | 'waited'
      | 'ramp-step'
      | 'commanded'
      | 'command-refused';
  }
>;

function laterSaid(event: Later): Said {
  switch (event.type) {
    case 'transaction-opened':
      return [
        'bold',
        '▶',
        `cutover transaction ${event.attempt}: writes frozen until ${clock(event.freezeUntilMs)} at the latest`,
      ];
    case 'drained':
      return [
        'good',
        '✔',
        `queue drained: empty for ${formatDuration(event.quietMs)}, ${event.dead} dead letters`,
      ];
    case 'unwound':
      return ['warn', '↩', `transaction ${event.attempt} unwound: ${event.reason}`];
    case 'flipped':
      return [
        'good',
        '⇄',
        `FLIPPED at generation ${event.generation}; writes were frozen for ${formatDuration(event.frozenMs)}`,
      ];
    case 'transaction-closed':
      return ['dim', '·', 'cutover transaction closed'];
    case 'fence-closed':
      return [
        'good',
        '✔',
        `fence window closed: ${event.moved} stragglers moved, ${event.lateWrites} late writes refused`,
      ];
    case 'warmed':
      return ['dim', '·', `warmed: ${event.sent} pings, ${event.cold} cold`];
    case 'cache-moved':
      return [
        'dim',
        '·',
        `caches: purged ${event.purged}, ${event.primed} keys primed, ${event.failed} failed`,
      ];
    case 'undo-registered':
      return ['dim', '·', `undo registered: ${event.undo}`];
    case 'rollback-started':
      return ['bad', '↩', `ROLLING BACK (${event.trigger}): ${event.reason}`];
    case 'rollback-restored':
      return [
        'good',
        '✔',
        `users are back after ${formatDuration(event.restoredInMs)} (generation ${event.generation})`,
      ];
    case 'rollback-step':
      return ['good', '↩', `${event.undo} undone: ${event.detail}`];
    case 'rollback-stuck':
      return ['bad', '✖', `ROLLBACK STUCK at ${event.undo} since ${clock(event.sinceMs)}; it keeps trying`];
    case 'no-return':
      return ['bold', '!', `point of no return: ${event.color} is being decommissioned`];
    case 'note':
      return ['dim', '·', event.text];
    case 'ended':
      return outcomeSaid(event.outcome);
  }
}

function lookSaid(event: Extract<SwitchEvent, { type: 'looked' }>): Said {
  const { look, gates, verdict, step } = event;
  const count = (wanted: Verdict): number => gates.filter((gate) => gate.verdict === wanted).length;
  const tally = `✔ ${count('pass')} ✖ ${count('fail')} ? ${count('inconclusive') + count('error')}`;
  const telling = gates.find((gate) => gate.verdict === verdict && gate.verdict !== 'pass' && !gate.advisory);
  const why = telling === undefined ? '' : `; ${telling.gate}: ${telling.summary}`;
  return [
    TONE[verdict],
    MARK[verdict],
    `look ${look.index}/${look.planned} of ${step}: ${verdict} (${tally})${why}`,
  ];
}

/** How a switch ended, as tone, mark and sentence. */
export function outcomeSaid(outcome: Outcome): Said {
  switch (outcome.kind) {
    case 'completed':
      return ['good', '✔', `COMPLETED${outcome.report === null ? '' : `; report ${outcome.report}`}`];
    case 'refused':
      return [
        'bad',
        '✖',
        `REFUSED at preflight: ${blocking(outcome.findings)
          .map((one) => one.code)
          .join(', ')}`,
      ];
    case 'rolled-back':
      return [
        'bad',
        '↩',
        `ROLLED BACK: ${outcome.reason}; users were back after ${formatDuration(outcome.restoredInMs)}. ${outcome.remedy}`,
      ];
  }
}

function reason(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`;
}
