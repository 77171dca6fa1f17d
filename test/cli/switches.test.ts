/** The commands against a real server and the real workflow: what they print, and how they end. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { ProbeLine } from '../../src/evidence/probe-lines.ts';
import { pastSwitch } from './past-switch.ts';
import { json, openBench, type Ran } from './support.ts';

const bench = openBench();
const APPROVAL = 'approve: [canary]\n';
const name = (suffix: string): string => `t${randomUUID().slice(0, 8)}-${suffix}`;

interface ErrorDocument {
  readonly error: { message: string; hint: string | null; code: string; exitCode: number };
}

async function start(service: string, more = '', words: readonly string[] = []): Promise<Ran> {
  const file = await bench.plan(service, more);
  return bench.run(['start', file, '--task-queue', bench.taskQueue, ...words]);
}

test('a switch that completes: start --wait exits 0, and is looked back at', async () => {
  const service = name('ok');
  const running = start(service, '', ['--wait']);
  let approved: Ran;
  do {
    await sleep(300);
    approved = await bench.run(['approve', service, '--stage', 'decommission', '--by', 'bo']);
  } while (approved.code !== 0);
  // A worker that is slow to answer gets the approval as a signal.
  assert.match(approved.stdout, /✔ .*decommission is approved|… .*approve is accepted by signal/);
  const ran = await running;
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /FLIPPED at generation/);
  assert.match(ran.stdout, /COMPLETED/);

  const report = await bench.run(['report', service]);
  assert.equal(report.code, 0);
  assert.match(report.stdout, new RegExp(`# ${service}: completed`));
  const { runId } = json(await bench.run(['report', service, '--json'])) as { runId: string };
  const evidence = path.join(bench.dir, 'evidence');
  const gone = await bench.run(['report', service, '--lines', '--dir', evidence]);
  assert.deepEqual([gone.code, gone.stdout], [2, '']);
  assert.match(gone.stderr, /there is no evidence pack of /);
  await pastSwitch(evidence, { switchId: runId });
  const { stdout } = await bench.run(['report', service, '--lines', '--dir', evidence]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProbeLine);
  assert.equal(lines.length, 720, '60 questions, six times, of both colors');
  for (const { kind, service: of, retrieval } of lines) {
    assert.deepEqual([kind, of, retrieval?.coverage, retrieval?.λ_state], ['probe', service, 1, '→']);
  }
  const history = await bench.run(['history', service, '--json']);
  const { events } = json(history) as { events: { type: string }[] };
  assert.equal(events[0]?.type, 'started');
  assert.equal(events.at(-1)?.type, 'ended');
  const status = json(await bench.run(['status', service, '--json'])) as {
    execution: string;
    outcome: { kind: string };
  };
  assert.deepEqual([status.execution, status.outcome.kind], ['COMPLETED', 'completed']);
  const watched = await bench.run(['status', service, '--watch']);
  assert.equal(watched.code, 0);
});

test('a red gate: start --wait exits 5 with the reason, list tells it from a completed one', async () => {
  const service = name('red');
  const ran = await start(service, '', ['--wait', '--json']);
  assert.equal(ran.code, 5, ran.stdout + ran.stderr);
  const document = json(ran) as ErrorDocument & { outcome: { kind: string; gate: string } };
  assert.deepEqual(
    [document.outcome.kind, document.outcome.gate, document.error.exitCode],
    ['rolled-back', 'latency', 5],
  );
  // What can be searched for comes a moment after the end.
  let listed: string | null | undefined = null;
  for (let tries = 0; tries < 50 && listed !== 'rolled-back'; tries += 1) {
    await sleep(100);
    const { switches } = json(await bench.run(['list', '--json', '--limit', '5000'])) as {
      switches: { service: string; outcome: string | null }[];
    };
    listed = switches.find((one) => one.service === service)?.outcome;
  }
  assert.equal(listed, 'rolled-back');
});

test('a blocking finding: exit 4, with its fix, with and without --wait', async () => {
  const ran = await start(name('refused'));
  assert.equal(ran.code, 4);
  assert.match(ran.stdout, /✖ secrets-overlap: green does not accept key k1\n\s+do: add k1 to accept_kids/);
  const waited = await start(name('refused'), '', ['--wait', '--json']);
  assert.equal(waited.code, 4);
  const document = json(await start(name('refused'), '', ['--json'])) as ErrorDocument;
  assert.deepEqual([document.error.code, document.error.exitCode], ['preflight', 4]);
});

test('a parked switch: a second start, commands, and their refusals', async () => {
  const service = name('parked');
  const first = await start(service, APPROVAL, ['--by', 'ana@ops-1', '--json']);
  assert.equal(first.code, 0, first.stderr);
  const { admitted, runId } = json(first) as { admitted: boolean; runId: string };
  assert.equal(admitted, true);

  const second = await start(service, APPROVAL);
  assert.equal(second.code, 3);
  assert.match(second.stderr, /started by ana@ops-1 at 20\d\d-.*, run .* in namespace default/);
  assert.equal(second.stderr.includes(runId), true);
  assert.equal(
    second.stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('warning')).length,
    1,
  );

  await waits(service, 'approval');
  const status = await bench.run(['status', service]);
  assert.match(status.stdout, /waits for approval of canary \(1 of anybody\)/);
  const tuned = await bench.run([
    'tune',
    service,
    '--set',
    'hold.for=30m',
    '--set',
    'gates.latencyRatio=1.4',
    '--reason',
    'a slow week',
  ]);
  assert.equal(tuned.code, 0, tuned.stderr);
  const { state } = json(await bench.run(['status', service, '--json'])) as {
    state: { plan: { hold: { forMs: number }; gates: { latencyRatio: number } } };
  };
  assert.deepEqual([state.plan.hold.forMs, state.plan.gates.latencyRatio], [1_800_000, 1.4]);

  const refused = await bench.run(['resume', service, '--json']);
  assert.equal(refused.code, 3);
  assert.deepEqual((json(refused) as ErrorDocument).error, {
    message: 'not paused',
    hint: null,
    code: 'refused',
    exitCode: 3,
  });
  for (const [command, extra] of [
    ['pause', []],
    ['resume', []],
    ['override', ['--gate', 'cache', '--reason', 'purged by hand']],
  ] as const) {
    const ran = await bench.run([command, service, ...extra]);
    assert.equal(ran.code, 0, `${command}: ${ran.stderr}`);
  }
  const early = await bench.run(['report', service]);
  assert.equal(early.code, 3);
  assert.match(early.stderr, /has not ended/);

  const back = await bench.run(['rollback', service, '--reason', 'wrong pages', '--json']);
  assert.equal(back.code, 0, back.stderr);
  assert.equal((json(back) as { answered: boolean }).answered, true);
  const ended = await bench.run(['status', service, '--watch', '--json', '--interval', '200ms']);
  assert.equal(ended.code, 5);
  const lines = ended.stdout.trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '') as { outcome: { kind: string; reason: string } };
  assert.match(last.outcome.reason, /ana@.*: wrong pages/);
});

test('a switch that is terminated: exit 6', async () => {
  const service = name('parked');
  assert.equal((await start(service, APPROVAL)).code, 0);
  const watching = bench.run(['status', service, '--watch']);
  await sleep(1500);
  const connection = await Connection.connect({ address: bench.address });
  await new Client({ connection }).workflow.getHandle(`cutover/${service}`).terminate('test');
  await connection.close();
  const ran = await watching;
  assert.equal(ran.code, 6, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /terminated in canary|terminated/);
  assert.equal((await bench.run(['report', service])).code, 3);

  // F11
  const looked = await bench.run(['recover', service]);
  assert.equal(looked.code, 0, looked.stderr);
  assert.match(looked.stdout, /the last switch \(blue .* was terminated at 20\d\d-/);
  assert.match(looked.stdout, new RegExp(`nothing was changed; .*: cutover recover ${service} --to blue`));
  const refused = await bench.run(['rollback', service]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, new RegExp(`\`cutover recover ${service}\` says where users are`));
  const recovered = await bench.run(['recover', service, '--to', 'from', '--reason', 'by mistake']);
  assert.equal(recovered.code, 0, recovered.stdout + recovered.stderr);
  assert.match(recovered.stdout, /ROLLED BACK|rolled back/i);
  assert.equal((await bench.run(['recover', service, '--to', 'sideways'])).code, 2);
});

test('no worker: a start is recorded, Ctrl-C leaves it running, a rollback is accepted, history says what to do', async () => {
  const service = name('idle');
  const file = await bench.plan(service);
  const started = await bench.run(['start', file, '--task-queue', `nobody-${service}`, '--wait'], {
    interruptAt: 'started, run',
  });
  assert.equal(started.code, 130, started.stderr);
  assert.match(started.stderr, /the switch goes on without us/);
  const status = await bench.run(['status', service]);
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /no worker answers/);
  const sent = await bench.run(['rollback', service, '--json']);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal((json(sent) as { answered: boolean }).answered, false);
  assert.equal((await bench.run(['history', service])).code, 3);
});

test('a switch that never was: exit 3, one line', async () => {
  for (const command of ['status', 'report', 'rollback']) {
    const ran = await bench.run([command, 'no-such-service']);
    assert.equal(ran.code, 3, command);
    assert.equal(ran.stderr.trim().split('\n').length, 1, ran.stderr);
    assert.equal(ran.stdout, '');
  }
});

async function waits(service: string, kind: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const ran = await bench.run(['status', service, '--json']);
    if ((json(ran) as { state: { wait: { kind: string } | null } | null }).state?.wait?.kind === kind) return;
    await sleep(200);
  }
  assert.fail(`${service} does not wait for ${kind}`);
}
