/** The plan that `cutover init` writes: what was found and answered; everything else is a default. Pure. */
import { stringify } from 'yaml';
import type { Color } from '../domain/color.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Platform } from './answers.ts';
import type { FoundMap } from './find-map.ts';

export interface PlanFacts {
  readonly service: string;
  readonly from: Color;
  readonly entry: string;
  readonly platform: Platform;
  readonly colors: Readonly<
    Record<Color, { readonly url: string; readonly release: string; readonly index: AnswerIdentity | null }>
  >;
  /** `probes.request` and `probes.response`: what differs from the preset. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: FoundMap['response'] & { readonly identity?: Readonly<Record<string, string>> };
  /** In the probe set. */
  readonly questions: number;
  /** What nobody could say yet, one line each. */
  readonly open: readonly string[];
}

/** Questions from which on a set can prove a release. */
const ENOUGH = 50;

const EDGES: Readonly<Record<Platform, readonly string[]>> = {
  'self-hosted': ['edge:', '  store: { use: redis, url: "redis://127.0.0.1:6379/0" }', '  router: router'],
  cloudflare: ['edge: cloudflare'],
};

export function planText(facts: PlanFacts): string {
  const { service, from, entry, platform, colors, request, response, questions, open } = facts;
  return [
    '# yaml-language-server: $schema=./node_modules/cutover/schema/cutover.schema.json',
    '# Written by `cutover init`. What is left out has a default: docs/plan.md of the package says which, and why.',
    ...open.map((one) => `# Still open: ${one.replaceAll(/\s+/g, ' ')}`),
    `service: ${scalar(service)}`,
    `from: ${from}`,
    `entry: ${JSON.stringify(entry)}`,
    'colors:',
    ...(['blue', 'green'] as const).flatMap((color) => {
      const { url, release, index } = colors[color];
      const own = [
        `  ${color}:`,
        `    url: ${JSON.stringify(url)}`,
        `    release: ${JSON.stringify(release)}`,
      ];
      return index === null ? own : [...own, `    index: ${flow(index)}`];
    }),
    '# If users write nothing that outlives their request, say so: the flip is then one write and freezes nothing.',
    '# writes: none',
    ...EDGES[platform],
    'queue: none',
    ...(platform === 'cloudflare'
      ? [
          '# The router’s lines, as Logpush or `wrangler tail --format json` leaves them: docs/request-line.md.',
        ]
      : []),
    'telemetry: { use: duckdb, path: ./edge-logs/*.ndjson }',
    'probes:',
    '  set: ./probes',
    ...(Object.keys(request).length > 0 ? [`  request: ${flow(request)}`] : []),
    ...(Object.keys(response).length > 0
      ? ['  response:', ...Object.entries(response).map(([key, at]) => `    ${key}: ${flow(at)}`)]
      : []),
    ...(questions < ENOUGH ? fewQuestions(questions) : []),
    'hold: { peak: telemetry }',
    'approve: [decommission]',
    '',
  ].join('\n');
}

/** What so few questions cannot prove is shown, and decides nothing: a switch would wait for it until nobody has answered. */
function fewQuestions(count: number): readonly string[] {
  return [
    `# ${count} question${count === 1 ? ' proves' : 's prove'} no release: remove these lines once there are ${ENOUGH}. Until then users alone tell how fast`,
    '# the new color is, so the canary has more of them.',
    'preflight: { accept: { probe-set-size: "a set to begin with" } }',
    'gates: { advisory: [delta-s, coverage, lambda] }',
    'canary: { weight: 10, for: 1h }',
    'ramp: [25, 50]',
  ];
}

/** Quoted where YAML would read a number or a truth value. */
function scalar(text: string): string {
  return stringify(text).trimEnd();
}

/** JSON is YAML; a space after `{` and `:` is for people. */
function flow(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, one]) => `${key}: ${flow(one)}`);
  return `{ ${parts.join(', ')} }`;
}
