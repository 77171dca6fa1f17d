/** A comparison as a JUnit report: a test case for each gate, so that any CI shows it among its tests. */
import { answerSaid, questionSaid } from '../../board/behind-words.ts';
import { armSaid, effectSaid, type GateView, type Page } from './page.ts';

export function junitOf(page: Page): string {
  const { gates, from, to } = page;
  const tally = (which: (gate: GateView) => boolean): number => gates.filter(which).length;
  const counts = `tests="${gates.length}" failures="${tally(isFailure)}" errors="${tally(isUndecided)}" skipped="${tally(isSkipped)}" time="${(page.tookMs / 1000).toFixed(1)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="cutover compare" ${counts}>`,
    `  <testsuite name="${escaped(`${from.color} ${from.url} against ${to.color} ${to.url}`)}" ${counts}>`,
    ...gates.flatMap((gate) => caseOf(gate)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseOf(gate: GateView): string[] {
  const { record, found } = gate;
  const { summary, arms, reasonCodes } = record;
  const open = `    <testcase classname="cutover.compare" name="${escaped(record.gate)}">`;
  const numbers = `${arms.from.color} ${armSaid(arms.from)}, ${arms.to.color} ${armSaid(arms.to)}, ${effectSaid(record)}`;
  const text = escaped(
    [
      numbers,
      ...found.questions.flatMap((question) => [
        '',
        ...questionSaid(question, record),
        ...(['from', 'to'] as const).map(
          (arm) => `${arms[arm].color}: ${answerSaid(question.pair[arm], record, question.runs).join('; ')}`,
        ),
      ]),
      '',
      `do: ${found.advice}`,
    ].join('\n'),
  );
  const attributes = `type="${escaped(reasonCodes[0] ?? '')}" message="${escaped(summary)}"`;
  const inside = isSkipped(gate)
    ? [`      <skipped message="${escaped(summary)}"/>`]
    : isFailure(gate)
      ? [`      <failure ${attributes}>${text}</failure>`]
      : isUndecided(gate)
        ? [`      <error ${attributes}>${text}</error>`]
        : [`      <system-out>${text}</system-out>`];
  return [open, ...inside, '    </testcase>'];
}

/** What only informs is shown and fails nothing. */
function isSkipped({ record: { verdict, advisory } }: GateView): boolean {
  return verdict === 'skipped' || (advisory && verdict !== 'pass');
}

function isFailure(gate: GateView): boolean {
  return gate.record.verdict === 'fail' && !isSkipped(gate);
}

/** A guard with too little data objects to nothing. */
function isUndecided(gate: GateView): boolean {
  const { verdict } = gate.record;
  return (verdict === 'inconclusive' || verdict === 'error') && !isSkipped(gate) && !gate.isTolerated;
}

/* oxlint-disable no-control-regex -- XML has no place for them */
const NO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return text
    .replaceAll(NO_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
