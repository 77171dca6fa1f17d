/** Operators' commands on a running switch: pause, resume, tune, override; as Update and as Signal; refused ones say why. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brief } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;

void describe('pause and resume', { concurrency: 4 }, () => {
  void test('stop a hold and begin its evidence anew', async () => {
    const one = await switches.start('pause in hold');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    assert.match(await one.command('pause'), /paused in ramp; gates keep judging/);
    await one.until('waiting', (event) => event.wait.kind === 'paused');
    await assert.rejects(one.command('pause', { by: 'ben' }), /paused already, by ana/);
    assert.match(await one.command('resume'), /starts its evidence anew/);
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const holds = (await one.events()).filter(
      (event) => event.type === 'hold-started' && event.step === 'ramp 10 %',
    );
    assert.equal(holds.length, 2);
  });

  void test('by the stock CLI', async () => {
    const one = await switches.start('pause by cli');
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    await one.cli('pause', { by: 'ana', commandId: 'p1' });
    await one.until('waiting', (event) => event.wait.kind === 'paused');
    await one.cli('resume', { by: 'ana', commandId: 'p2' });
    await one.until('waited');
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('inside the cutover transaction take effect when it ends', async () => {
    const one = await switches.start('pause in transaction');
    const held = one.service.stopAt('written:freeze-1');
    await held.reached;
    assert.match(await one.command('pause'), /takes effect when the cutover transaction ends/);
    held.go();
    const fence = one.service.stopAt('gate:cutover wait');
    await fence.reached;
    const types = (await one.events()).map((event) => event.type);
    assert.ok(types.includes('transaction-closed'), 'the flip was done');
    await one.command('resume');
    fence.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(one.service.writes.filter((config) => config.weightPercent === 100).length, 1);
  });

  void test('end in a rollback when nobody resumes by the deadline', async () => {
    const one = await switches.start('pause forgotten', {
      plan: { pause: { afterMs: 24 * HOUR, then: 'rollback' } },
    });
    const held = one.service.stopAt('gate:canary 1 %');
    await held.reached;
    await one.command('pause');
    held.go();
    assert.match((await one.rolledBack()).reason, /nobody answered in time: resume \(paused by ana\)/);
    one.assertAllOnFrom();
  });

  void test('a gate that fails while paused goes back', async () => {
    const one = await switches.start('red in pause', {
      script: (service) => (service.verdict = (step) => (step === 'ramp wait' ? 'fail' : 'pass')),
    });
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    await one.command('pause');
    held.go();
    assert.equal((await one.rolledBack()).gate, 'custom:script');
    one.assertAllOnFrom();
  });
});

void describe('tune', { concurrency: 4 }, () => {
  void test('changes the steps ahead and the holds to come', async () => {
    const one = await switches.start('tune steps');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    const ahead = [20, 30].map((weightPercent) => ({
      weightPercent,
      forMs: 60_000,
      looks: 1,
      cohorts: [],
      regions: [],
    }));
    assert.match(
      await one.command('tune', {
        reason: 'traffic is low today',
        change: { rampAhead: ahead, hold: { forMs: 2 * HOUR, looks: 1 } },
      }),
      /^tuned; it loosens hold, ramp/,
    );
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(
      one.service.writes.map((config) => config.weightPercent),
      [1, 10, 20, 30, 30, 100],
    );
    assert.equal((await one.until('hold-started', (event) => event.step === 'hold')).forMs, 2 * HOUR);
  });

  void test('of thresholds begins the evidence of the hold under way anew', async () => {
    const one = await switches.start('tune gates');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    await assert.rejects(
      one.command('tune', { change: { gates: { latencyRatio: 1.5 } } }),
      /this loosens gates.latencyRatio: it needs a reason/,
    );
    await one.command('tune', { change: { gates: { latencyRatio: 1.5 } }, reason: 'a slow week' });
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const holds = (await one.events()).filter(
      (event) => event.type === 'hold-started' && event.step === 'ramp 10 %',
    );
    assert.equal(holds.length, 2);
    assert.equal((await one.state()).plan.gates.latencyRatio, 1.5);
  });

  void test('of what is past, or is nonsense, is refused with every reason', async () => {
    const one = await switches.start('tune refused');
    const held = one.service.stopAt('gate:audit');
    await held.reached;
    await assert.rejects(one.command('tune', { change: { canary: { forMs: 1000 } } }), /canary is past/);
    await assert.rejects(one.command('tune', { change: {} }), /nothing to tune/);
    await assert.rejects(one.command('tune', { change: { colour: 1 } as never }), /colour cannot be tuned/);
    await assert.rejects(one.command('tune'), /a change must be an object/);
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });
});

void describe('override', { concurrency: 4 }, () => {
  void test('of a named gate counts for the hold under way: its fail no longer decides', async () => {
    const one = await switches.start('override gate', {
      plan: { onInconclusive: { then: 'promote' }, hold: { onRed: 'rollback' } },
      script: (service) => (service.verdict = (step) => (step === 'shadow' ? 'pass' : 'fail')),
    });
    const held = one.service.stopAt('gate:canary 1 %');
    await held.reached;
    await one.command('override', { gate: 'custom:script', reason: 'its exporter is broken' });
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const { gates } = await one.until('looked', (event) => event.step === 'canary 1 %');
    assert.deepEqual(
      gates.map((gate) => [gate.verdict, gate.advisory]),
      [['fail', true]],
    );
  });

  void test('of a hold ends it as if it had passed', async () => {
    const one = await switches.start('override hold');
    const held = one.service.stopAt('gate:hold');
    await held.reached;
    await one.command('override', { hold: true, reason: 'fixed the oracle' });
    await one.until('hold-ended', (event) => event.step === 'hold' && event.verdict === 'skipped');
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('needs a reason and a gate that exists', async () => {
    const one = await switches.start('override refused');
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    await assert.rejects(one.command('override', { hold: true }), /an override needs a reason/);
    await assert.rejects(one.command('override', { reason: 'x' }), /name a gate, or the hold/);
    await assert.rejects(
      one.command('override', { gate: 'custom:nope', reason: 'x' }),
      /there is no gate custom:nope; there are identity/,
    );
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });
});

void describe('what arrives by Signal', { concurrency: 4 }, () => {
  void test('is taken once, however often it is sent', async () => {
    const one = await switches.start('duplicates');
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    for (let i = 0; i < 3; i += 1) await one.signal('pause', { by: 'ana', commandId: 'same' });
    await one.until('command-refused', (event) => /was received before; nothing changed/.test(event.answer));
    assert.match(await one.command('pause', { commandId: 'same' }), /was received before/);
    await one.signal('resume', { by: 'ana', commandId: 'other' });
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const accepted = (await one.events()).filter((event) => event.type === 'commanded');
    assert.equal(accepted.length, 2, accepted.map(brief).join('\n'));
  });

  void test('malformed changes nothing, is answered in the log, and does not stall the switch', async () => {
    const one = await switches.start('malformed');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    const junk = [
      null,
      7,
      'text',
      [],
      { by: 7 },
      { by: '' },
      { by: 'x'.repeat(5000), commandId: 'c' },
      { by: 'a', commandId: {} },
    ];
    for (const name of ['approve', 'pause', 'resume', 'override', 'tune']) {
      for (const input of junk) await one.signal(name, input);
      await one.signal(name, { by: 'a', commandId: name, reason: { no: 1 } });
    }
    await one.signal('approve', { by: 'a', commandId: 'a1', stage: { no: 1 } });
    await one.signal('tune', { by: 'a', commandId: 't1', change: { rampAhead: [null] } });
    await one.signal('override', { by: 'a', commandId: 'o1', gate: { no: 1 }, reason: 'r' });
    for (const input of [
      null,
      7,
      {},
      { step: 'ramp 10 %', gates: 7 },
      { step: 'ramp 10 %', gates: [{}], verdict: 'pass' },
    ]) {
      await one.signal('look', input);
    }
    await one.signal('no-such-signal', { any: 1 });
    await one.signal('resume', { by: 'ana', commandId: 'last', padding: 'x'.repeat(100_000) });
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const size = JSON.stringify(await one.events()).length;
    assert.ok(size < 60_000, `events hold ${size} bytes`);
  });

  void test('an Update with a bad payload is refused before it enters history', async () => {
    const one = await switches.start('bad update');
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    await assert.rejects(one.command('pause', { by: '' }), /a command needs `by`/);
    await assert.rejects(one.command('approve'), /nothing waits for approval \(stage shadow\)/);
    await assert.rejects(one.command('approve', { stage: 'lunch' as never }), /there is no stage lunch/);
    await assert.rejects(
      one.command('approve', { stage: 'ramp' }),
      /the plan asks for no approval before ramp/,
    );
    await assert.rejects(one.command('resume'), /not paused/);
    const history = await one.handle.fetchHistory();
    const updates = (history.events ?? []).filter(
      (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
    );
    assert.equal(updates.length, 0);
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    await assert.rejects(one.command('pause'), /the switch has ended; nothing changed/);
  });
});

void test('every Signal, Update and Query says in the Temporal UI what it is for', async () => {
  const one = await switches.start('described');
  const held = one.service.stopAt('gate:shadow');
  await held.reached;
  const metadata = await one.handle.query<Metadata, []>('__temporal_workflow_metadata');
  held.go();
  await one.outcome();
  const { signalDefinitions = [], updateDefinitions = [], queryDefinitions = [] } = metadata.definition ?? {};
  const own = [...signalDefinitions, ...updateDefinitions, ...queryDefinitions].filter(
    ({ name = '' }) => !name.startsWith('__'),
  );
  assert.ok(own.length >= 6 + 7 + 3, own.map(({ name }) => name).join(' '));
  for (const { name, description = '' } of own) assert.ok(description.length > 20, `${name}: ${description}`);
});

interface Metadata {
  readonly definition?: Readonly<
    Partial<
      Record<
        'signalDefinitions' | 'updateDefinitions' | 'queryDefinitions',
        readonly { readonly name?: string; readonly description?: string }[]
      >
    >
  >;
}
