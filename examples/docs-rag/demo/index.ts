/**
 * `cutover demo`: one real switch of a real two-color RAG service under live traffic, on a real Temporal server, with the traffic's
 * own ledger as the judge at the end. Ends 0 only if the switch ended as it should and nothing was lost.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startStack, type Stack, type StackFault } from '../stack.ts';
import type { DemoOptions } from '../../../src/cli/commands/demo.ts';
import { connect } from '../../../src/client/connect.ts';
import { backSaid } from '../../../src/board/standing.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { Outcome } from '../../../src/domain/state.ts';
import { boardUrl } from '../../../src/dev-server/board-link.ts';
import type { TemporalServer } from '../../../src/dev-server/server.ts';
import { startTemporalServer } from '../../../src/dev-server/temporal-server.ts';
import { untilInterrupted } from '../../../src/dev-server/until-interrupted.ts';
import { claimWorkFolder } from '../../../src/dev-server/work-folder.ts';
import { ENDINGS, FAULTS, isAsItShould, isFault, needsMore } from './endings.ts';
import { isPlatform, PLATFORMS } from '../platforms/names.ts';
import { COHORTS } from './plan-file.ts';
import { performSwitch, REGIONS, startWorker } from './switch.ts';

/** @returns 0 when the switch ended as the fault demands and the ledger is whole, 1 otherwise. */
export async function runDemo(options: DemoOptions): Promise<number> {
  if (!isFault(options.fault)) {
    throw new UserError(`no fault "${options.fault}"`, { hint: `there are ${FAULTS.join(', ')}` });
  }
  if (options.plain && needsMore(options.fault)) {
    throw new UserError(`fault "${options.fault}" breaks what a plain service does not have`, {
      hint: 'leave out --plain, or take another fault',
    });
  }
  if (!isPlatform(options.platform)) throw new UserError(`no platform "${options.platform}"`);
  const { platform } = options;
  if (PLATFORMS[platform].lacks.includes(options.fault)) {
    throw new UserError(`fault "${options.fault}" breaks what platform ${platform} does not have`, {
      hint: 'take another fault, or leave out --platform',
    });
  }
  const isByCohorts = options.topology === 'header';
  const ending = ENDINGS[options.fault];
  const out = options.json ? () => undefined : options.out;
  const closers: (() => Promise<void>)[] = [];
  const dir = await ownFolder(options, out, closers);
  try {
    out(`cutover demo: ${ending.what}`);
    const [temporal, stack] = await Promise.all([
      startTemporalServer({ dbFile: join(dir, 'temporal.db'), onProgress: (line) => out(`   ${line}`) }).then(
        (server) => {
          closers.push(() => server.close());
          return server;
        },
      ),
      startStack({
        dir: join(dir, 'stack'),
        regions: REGIONS,
        plain: options.plain,
        platform,
        ...(isByCohorts ? { cohorts: COHORTS } : {}),
        tell: (line) => out(`   ${line}`),
      }).then((started) => {
        closers.push(() => started.close());
        return started;
      }),
    ]);
    const { fault, line } = options;
    const isKept = options.keep && !options.json;
    const result = await demonstrate({ dir, temporal, stack, fault, isByCohorts, out, closers, line });
    options.out(
      options.json ? JSON.stringify(result) : summary(result, isKept && temporal.uiUrl !== undefined),
    );
    if (isKept) await untilInterrupted(out, 'Everything stays up to look at; Ctrl-C ends it.');
    return result.ok ? 0 : 1;
  } finally {
    for (const close of closers.toReversed()) await close().catch(() => undefined);
  }
}

/** Empty, and nobody else's: a second demo in the same checkout must not wipe what the first one stands on. */
async function ownFolder(
  options: DemoOptions,
  out: (line: string) => void,
  closers: (() => Promise<void>)[],
): Promise<string> {
  let dir = options.dir;
  if (dir === undefined) {
    const folder = await claimWorkFolder('demo', { tell: out });
    closers.push(() => folder.release());
    dir = folder.path;
  }
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  return resolve(dir);
}

interface Run {
  readonly dir: string;
  readonly temporal: TemporalServer;
  readonly stack: Stack;
  readonly fault: StackFault;
  readonly isByCohorts: boolean;
  readonly out: (line: string) => void;
  readonly closers: (() => Promise<void>)[];
  readonly line: DemoOptions['line'];
}

export interface DemoResult {
  readonly ok: boolean;
  readonly fault: string;
  readonly outcome: Outcome;
  readonly endedAsItShould: boolean;
  /** All users were on the new color before it ended. */
  readonly flipped: boolean;
  /** What the switch stopped and asked. */
  readonly asked: readonly string[];
  readonly seconds: number;
  readonly ledger: Awaited<ReturnType<Stack['ledgerCheck']>>;
  readonly workflow: string;
  readonly report: string | null;
}

async function demonstrate(run: Run): Promise<DemoResult> {
  const { dir, temporal, stack, fault, out } = run;
  const startedMs = Date.now();
  const worker = await startWorker(dir, stack, temporal);
  run.closers.push(() => worker.close());
  const { client, close } = await connect({ address: temporal.address, namespace: temporal.namespace });
  run.closers.push(close);
  let workflow = '';
  const { outcome, events, asked, ledger } = await performSwitch({
    dir,
    stack,
    client,
    fault,
    byCohorts: run.isByCohorts,
    whenAsked: ENDINGS[fault].asks ? 'mend' : 'look again',
    out,
    onStarted: async (handle, planFile) => {
      workflow = boardUrl(temporal, await handle.describe()) ?? '';
      out(`   plan ${planFile}`);
      if (temporal.uiUrl !== undefined) out(`   watch ${workflow}`);
    },
    onEvent: (event) => {
      const line = run.line?.(event);
      if (line !== undefined && line !== null) out(line);
    },
  });
  const endedAsItShould = isAsItShould(ENDINGS[fault], outcome, asked);
  return {
    ok: endedAsItShould && ledger.ok,
    fault,
    outcome,
    endedAsItShould,
    flipped: events.some(({ type }) => type === 'flipped'),
    asked,
    seconds: Math.round((Date.now() - startedMs) / 100) / 10,
    ledger,
    workflow,
    report: outcome.kind === 'refused' ? null : outcome.report,
  };
}

function summary(result: DemoResult, isUiUp: boolean): string {
  const { outcome, ledger } = result;
  const how =
    outcome.kind === 'rolled-back'
      ? `rolled back (${outcome.gate ?? 'no gate'}): ${outcome.reason}; ${backSaid(outcome)}`
      : outcome.kind === 'refused'
        ? `refused: ${outcome.findings.map((one) => `${one.code}: ${one.message}`).join('; ')}`
        : 'completed';
  return [
    '',
    `The switch ${how}.`,
    result.endedAsItShould ? '✔ it ended as it should' : '✖ it did NOT end as it should',
    ...ledger.checks.map((check) => `${check.ok ? '✔' : '✖'} ${check.name}: ${check.detail}`),
    '',
    `Took ${result.seconds} s.`,
    isUiUp
      ? `Temporal UI  ${result.workflow}`
      : 'Everything is stopped; --keep leaves it up, with the Temporal UI.',
    ...(result.report === null ? [] : [`Report       ${result.report}`]),
  ].join('\n');
}
