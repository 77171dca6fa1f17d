/** A comparison as a page: for a pull request, or the summary of a CI job. */
import { answerSaid, behindSaid, questionSaid } from '../../board/behind-words.ts';
import { cell, oneLine } from '../../board/lines.ts';
import { MARK } from '../../board/marks.ts';
import type { Question } from '../render/behind.ts';
import { armSaid, effectSaid, type GateView, type Page, type Side } from './page.ts';

/** Questions of a gate that are written out. */
const SHOWN = 10;

export function markdownOf(page: Page): string {
  const { from, to, gates, notes, input } = page;
  const mark = { pass: MARK.pass, fail: MARK.fail, undecided: MARK.inconclusive }[page.verdict];
  const side = ({ color, url, release, answers, failed }: Side): string =>
    `| ${color} | ${cell(url)} | ${cell(release ?? '–')} | ${answers} | ${failed} |`;
  return [
    `### ${mark} ${cell(page.conclusion)}`,
    '',
    '| color | address | release | answers | failed |',
    '|---|---|---|---|---|',
    side(from),
    side(to),
    '',
    `${input.probes?.probes.length ?? 0} questions, answered in ${Math.round(page.tookMs / 1000)} s.`,
    ...notes.map((note) => `- ${cell(note)}`),
    '',
    `| gate | verdict | ${from.color} | ${to.color} | effect [bounds] | why |`,
    '|---|---|---|---|---|---|',
    ...gates.map(rowOf),
    ...gates.filter(({ isOpen }) => isOpen).flatMap((gate) => detailsOf(gate, page)),
    '',
  ].join('\n');
}

function rowOf({ record }: GateView): string {
  const { gate, verdict, advisory, arms, summary } = record;
  return `| ${gate}${advisory ? ' (advisory)' : ''} | ${MARK[verdict]} ${verdict} | ${armSaid(arms.from)} | ${armSaid(arms.to)} | ${effectSaid(record)} | ${cell(summary)} |`;
}

function detailsOf({ record, found }: GateView, { input, from, to }: Page): string[] {
  const { questions } = found;
  const shown = questions.slice(0, SHOWN);
  const others = questions.slice(SHOWN).map(({ id }) => id);
  return [
    '',
    `<details><summary>${record.gate}: what is behind it</summary>`,
    '',
    ...behindSaid(input, record, found).map((said) => `- ${cell(said)}`),
    `- do: ${cell(found.advice)}`,
    ...(shown.length === 0 ? [] : ['', `| question | ${from.color} | ${to.color} |`, '|---|---|---|']),
    ...shown.map((question) => questionRow(question, record)),
    ...(others.length === 0 ? [] : ['', `And ${cell(others.join(', '))}.`]),
    '',
    '</details>',
  ].map(oneLine);

  function questionRow(question: Question, of: typeof record): string {
    const { pair, runs } = question;
    const lines = (said: readonly string[]): string => said.map(cell).join('<br>');
    return `| ${lines(questionSaid(question, of))} | ${lines(answerSaid(pair.from, of, runs))} | ${lines(answerSaid(pair.to, of, runs))} |`;
  }
}
