/** The tables of the clustered simulation, a line a cell, as markdown. */
import type { Cell, Count } from './cell.ts';
import type { Mode } from './hold.ts';

export const HEADS = {
  identical:
    '| gate | identical colors | from/to an hour | holds | FAIL % ± se | with a day | and early looks | PASS % | over the limit at some look % | Kayenta % |\n|---|---|---|---|---|---|---|---|---|---|',
  faults:
    '| gate | fault | from/to an hour | holds | FAIL % @ median look | with a day | and early looks | false PASS % | Kayenta % |\n|---|---|---|---|---|---|---|---|---|',
  counted:
    '| gate | requests counted, users unknown | from/to an hour | holds | FAIL % | PASS % | over the limit at two looks running, at some look % @ median look | and at the end: a person is asked % ± se |\n|---|---|---|---|---|---|---|---|',
} as const;

export function rowOf(cell: Cell, count: Count): string {
  const { family, volume, settings } = cell;
  if (family.counted === true) return countedRow(cell, count);
  const isFault = family.fault !== undefined;
  const shown = isFault ? detected : falseAlarms;
  const day = (mode: Mode): string => (family.day === undefined ? '' : shown(count, mode));
  const cells = [
    family.gate,
    settings === '' ? family.name : `${family.name} (${settings})`,
    `${volume.from}/${volume.to}`,
    String(count.holds),
    family.gone === true ? '' : shown(count, 'hold'),
    day('day'),
    family.gone === true ? '' : day('early'),
    percent(count.passed / count.holds),
    ...(isFault ? [] : [percent(count.plain / count.holds)]),
    kayentaOf(count),
  ];
  return `| ${cells.join(' | ')} |`;
}

function countedRow({ family, volume }: Cell, { holds, looks, passed, asked }: Count): string {
  const cells = [
    family.gate,
    `${family.fault === undefined ? 'identical' : 'fault'}: ${family.name.replace(/^counted: /, '')}`,
    `${volume.from}/${volume.to}`,
    String(holds),
    percent(looks.hold.length / holds),
    percent(passed / holds),
    atMedian(asked.looks, holds),
    withError(asked.atEnd / holds, holds),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Empty where it was not asked. */
function kayentaOf({ kayenta }: Count): string {
  return kayenta.holds === 0 ? '' : percent(kayenta.failed / kayenta.holds);
}

function falseAlarms({ looks, holds }: Count, mode: Mode): string {
  return withError(looks[mode].length / holds, holds);
}

function withError(share: number, holds: number): string {
  return share === 0 ? '0' : `${percent(share)} ± ${percent(Math.sqrt((share * (1 - share)) / holds))}`;
}

function detected({ looks, holds }: Count, mode: Mode): string {
  return atMedian(looks[mode], holds);
}

function atMedian(looks: readonly number[], holds: number): string {
  const sorted = looks.toSorted((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  return middle === undefined ? '0' : `${percent(sorted.length / holds)}@${middle}`;
}

function percent(share: number): string {
  return (share * 100).toFixed(share === 0 || share === 1 ? 0 : 1);
}
