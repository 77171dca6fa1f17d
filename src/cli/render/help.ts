/** Help texts, made from the command table so that they cannot differ from what is accepted. At most 80 columns. */
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from '../spec.ts';
import { pad, wrap } from './text.ts';

const WIDTH = 80;

export function overviewHelp(commands: readonly { name: string; summary: string; group: string }[]): string {
  const groups = [...new Set(commands.map((command) => command.group))];
  return [
    'cutover moves all traffic of a service from one color to the other,',
    'and can always bring it back.',
    '',
    'usage: cutover <command> [arguments] [--json]',
    ...groups.flatMap((group) => [
      '',
      `${group}:`,
      ...commands
        .filter((command) => command.group === group)
        .map(({ name, summary }) => `  ${pad(name, 10)} ${summary}`),
    ]),
    '',
    'cutover <command> --help shows options and examples.',
    'Connection: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, or a profile of the temporal CLI.',
    'Exit codes: docs/exit-codes.md.',
  ].join('\n');
}

export function commandHelp(spec: CommandSpec): string {
  return [
    `usage: cutover ${[spec.name, spec.usage].filter((part) => part !== '').join(' ')}`,
    '',
    ...wrap(spec.about, WIDTH),
    '',
    'options:',
    ...Object.entries({ ...spec.options, ...COMMON_OPTIONS }).flatMap(([name, option]) =>
      optionLines(name, option),
    ),
    '',
    'examples:',
    ...spec.examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLines(name: string, option: OptionSpec): string[] {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  const shown = `${short}--${option.negative === true ? 'no-' : ''}${name}${option.value === undefined ? '' : ` ${option.value}`}`;
  const [first = '', ...rest] = wrap(option.help, WIDTH - 28);
  const lines =
    shown.length > 24 ? [`  ${shown}`, `${' '.repeat(28)}${first}`] : [`  ${pad(shown, 25)} ${first}`];
  return [...lines, ...rest.map((line) => `${' '.repeat(28)}${line}`)];
}
