/** What preflight finds in the telemetry of the minutes before it. Pure. */
import { WITHOUT_USERS_REMEDY, withoutUsersSaid } from '../../domain/asked-gates.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { TrafficCounts } from '../../domain/look-input.ts';
import type { TelemetryPort } from '../../ports/index.ts';
import { gapOf, unreadable } from '../../domain/unread.ts';
import { blocks, warns, type Found } from './seen.ts';

/** A service without a request for so long is quiet; its log need not be late, ms. */
const QUIET_MS = 60_000;

/** Gates that are not asked, because lines of this source lack a field. */
export function lacksFields({ blind = {} }: Pick<TelemetryPort, 'blind'>, use: string): Found[] {
  const gates = Object.keys(blind);
  if (gates.length === 0) return [];
  return [
    warns(
      'telemetry-lacks-fields',
      `telemetry ${use} cannot answer ${gates.join(', ')}, which are skipped: ${Object.values(blind).join(' ')}`,
      'log these fields too (docs/telemetry.md), or accept that nobody asks',
    ),
  ];
}

export interface TelemetrySource {
  /** Name of the provider. */
  readonly use: string;
  readonly lagMs: number;
  /** False where it counts requests only. */
  readonly knowsUsers: boolean;
}

/** @param counts of a window that ends `lagMs` before now */
export function telemetryFindings(counts: TrafficCounts, from: TelemetrySource): Found[] {
  const { use, knowsUsers } = from;
  const blind = knowsUsers
    ? []
    : [warns('telemetry-without-users', `telemetry ${withoutUsersSaid(use)}`, WITHOUT_USERS_REMEDY)];
  return [...countsFindings(counts, from), ...blind];
}

function countsFindings(counts: TrafficCounts, { use, lagMs }: TelemetrySource): Found[] {
  const broken = unreadable(counts) ?? gapOf(counts);
  if (broken !== null) {
    const fix = 'write the format of the log into telemetry (docs/telemetry.md), or mend what writes it';
    return [blocks('telemetry-unreadable', `telemetry ${use}: ${broken}`, fix)];
  }
  const { fromMs, toMs, freshestMs } = counts;
  if (freshestMs === null) {
    return [
      warns(
        'telemetry-empty',
        `telemetry ${use} has no line of the last ${formatDuration(toMs - fromMs)}`,
        'look where the edge writes and what telemetry reads; without lines no gate on users’ traffic passes',
      ),
    ];
  }
  const ageMs = toMs - freshestMs;
  if (ageMs <= QUIET_MS) return [];
  return [
    warns(
      'telemetry-late',
      `the newest line of telemetry ${use} is ${formatDuration(ageMs + lagMs)} old; a look waits ${formatDuration(lagMs)} for lines (\`lag\`)`,
      `write lag: ${formatDuration(Math.ceil((ageMs + lagMs) / QUIET_MS) * QUIET_MS)} into telemetry if the log comes late; nothing, if nobody asked for so long`,
    ),
  ];
}
