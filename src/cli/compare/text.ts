/** A comparison for a terminal. */
import { MARK, TONE } from '../../board/marks.ts';
import type { Paint } from '../output.ts';
import { behindLines, headLine } from '../render/behind.ts';
import { oneLine, pad, wrap } from '../render/text.ts';
import { armSaid, effectSaid, type GateView, type Page, type Side } from './page.ts';

interface Screen {
  readonly width: number;
  readonly paint: Paint;
}

/** Columns before what a gate says. */
const INDENT = 16;
const TONES = { pass: 'good', fail: 'bad', undecided: 'warn' } as const;
const MARKS = { pass: MARK.pass, fail: MARK.fail, undecided: MARK.inconclusive } as const;

export function textOf(page: Page, screen: Screen): string[] {
  const { from, to, notes, gates, input } = page;
  const { width, paint } = screen;
  const questions = input.probes?.probes.length ?? 0;
  const open = gates.filter(({ isOpen }) => isOpen);
  return [
    sideLine(from, screen),
    sideLine(to, screen),
    `${questions} questions, answered in ${Math.round(page.tookMs / 1000)} s`,
    ...notes.flatMap((note) => wrap(`! ${oneLine(note)}`, width, 2)),
    '',
    ...gates.flatMap((gate) => gateLines(gate, screen)),
    ...open.flatMap(({ record, found }) => [
      '',
      headLine(
        `${record.gate} (${record.advisory ? 'advisory' : record.role}): ${record.verdict}`,
        record,
        screen,
      ),
      ...behindLines(input, record, found, width),
    ]),
    '',
    ...wrap(`${MARKS[page.verdict]} ${page.conclusion}`, width, 2).map((line) =>
      paint(TONES[page.verdict], line),
    ),
  ];
}

function sideLine({ color, url, release, answers, failed }: Side, { paint }: Screen): string {
  const known = release === null ? '' : ` (${oneLine(release)})`;
  const lost = failed === 0 ? '' : `, ${failed} of them failed`;
  return `${paint('bold', pad(color, 6))} ${url}${known}: ${answers} answers${lost}`;
}

function gateLines({ record }: GateView, { width, paint }: Screen): string[] {
  const { gate, verdict, advisory, summary, arms } = record;
  const [first = '', ...rest] = wrap(oneLine(summary), width - INDENT);
  const measured = `${arms.from.color} ${armSaid(arms.from)}, ${arms.to.color} ${armSaid(arms.to)}, ${effectSaid(record)}`;
  const numbers = arms.from.n + arms.to.n === 0 ? [] : wrap(measured, width - INDENT);
  return [
    `${paint(TONE[verdict], `${MARK[verdict]} ${pad(`${gate}${advisory ? '*' : ''}`, INDENT - 2)}`)}${first}`,
    ...[...rest, ...numbers.map((line) => paint('dim', line))].map((line) => ' '.repeat(INDENT) + line),
  ];
}
