/** Preflight findings for a person: what is wrong, then what to do. Invariant: blocking ones come first. */
import { blocking, type Finding } from '../../domain/finding.ts';
import type { Paint } from '../output.ts';
import { oneLine, wrap } from './text.ts';

export function findingLines(findings: readonly Finding[], width: number, paint: Paint): string[] {
  const stops = blocking(findings);
  const others = findings.filter((finding) => !stops.includes(finding));
  return [
    ...stops.flatMap((finding) => lines(finding, paint('bad', '✖'), width)),
    ...others.flatMap((finding) =>
      lines(finding, paint('warn', finding.accepted === null ? '!' : '–'), width),
    ),
  ];
}

function lines({ code, message, fix, accepted }: Finding, mark: string, width: number): string[] {
  const [first = '', ...rest] = wrap(`${code}: ${oneLine(message)}`, width - 4, 2);
  const follow = accepted === null ? `do: ${oneLine(fix)}` : `accepted by the plan: ${oneLine(accepted)}`;
  return [
    `${mark} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...wrap(follow, width - 4, 4).map((line) => `    ${line.trimStart()}`),
  ];
}
