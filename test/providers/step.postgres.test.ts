/**
 * The migration of docs/steps.md, as it stands there, against a real PostgreSQL: it keeps the rules of a step, and in the freeze of a whole
 * switch it is undone when the freeze is unwound, undone by a rollback before the flip, and kept by one after it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stepPortSuite } from '../../src/conformance/step.ts';
import type { OwnStep } from '../../src/domain/plan.ts';
import type { ProviderScope, StepPort } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';
import { OWNER, PASSWORD, startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { stepsPage, type StepsPage } from '../support/steps-page.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

let page: StepsPage;
let server: PostgresServer;

before(async () => {
  page = await stepsPage();
  server = await startPostgres();
});

after(async () => {
  await server.stop();
  await page.remove();
});

const ENV = { PGPASSWORD: PASSWORD };

/** A database of its own, with the table that the migration changes. */
async function database(name: string): Promise<void> {
  await server.run(`CREATE DATABASE ${name}`);
}

const urlOf = (name: string, port = server.port): string => `postgres://${OWNER}@127.0.0.1:${port}/${name}`;

/** A module's options for one direction. */
const action = (name: string, file: string, port?: number) => ({
  use: join(page.folder, 'migrate.mjs'),
  url: urlOf(name, port),
  file: join(page.folder, file),
});

async function migration(name: string, file: string, port: number): Promise<StepPort> {
  const ref = action(name, file, port);
  const { step } = await resolveProvider(ref.use);
  assert.ok(step !== undefined);
  return step(ref, { env: ENV } as unknown as ProviderScope, {});
}

let databases = 0;

stepPortSuite('the migration of docs/steps.md', async () => {
  const name = `suite_${(databases += 1)}`;
  await database(name);
  await within(name, 'CREATE TABLE answers (id integer)');
  // Every change of the schema leaves a line, so that one that was made twice shows.
  await within(name, AUDIT);
  const proxy = await tcpProxy(server.port);
  return {
    port: await migration(name, 'up.sql', proxy.port),
    undo: await migration(name, 'down.sql', server.port),
    changes: () => changesOf(name),
    loseAnswer: () => proxy.spoil('COMMIT', 'lost'),
    // From the first packet on: on a busy machine the cancellation may come before the first statement.
    hang: () => proxy.spoil('user', 'hang'),
    keepsKeys: true,
    close: () => proxy.close(),
  };
});

const switches = openSwitches();

describe('a migration that only goes forward, inside the freeze', () => {
  it('is undone when the freeze is unwound, and done anew', async () => {
    const { one, columns, changes } = await started(
      'unwound',
      (name) => [migrate(name), own('alias')],
      (fail) => fail('step:alias'),
    );
    const asked = await one.until('waiting');
    assert.match(asked.wait.what, /step alias failed/);
    assert.equal(one.service.edge?.freezeUntilMs, null);
    // At once: the skipped clock of a switch that waits is at its deadline soon.
    await one.command('approve');
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(await columns(), ['id', 'rank']);
    assert.deepEqual(await changes(), ['do', 'undo', 'do']);
  });

  it('is undone by a rollback before the flip', async () => {
    const { one, columns } = await started('before the flip', (name) => [migrate(name), own('alias')]);
    const held = one.service.stopAt('step:alias');
    await held.reached;
    assert.deepEqual(await columns(), ['id', 'rank']);
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    held.go();
    assert.deepEqual((await one.rolledBack()).left, []);
    one.assertAllOnFrom();
    assert.deepEqual(await columns(), ['id']);
  });

  it('is kept by a rollback after the flip, with what users of the new color wrote, and that is said', async () => {
    const { one, columns, run } = await started('after the flip', (name) => [migrate(name)]);
    const held = one.service.stopAt('gate:audit');
    await held.reached;
    await run('INSERT INTO answers VALUES (1, 7)');
    await one.command('rollback', { reason: 'drill' });
    held.go();
    await one.rolledBack();
    one.assertAllOnFrom();
    assert.deepEqual(await columns(), ['id', 'rank']);
    assert.deepEqual(await run('SELECT rank FROM answers'), [{ rank: 7 }]);
    const report = one.service.published.get('report.md') ?? '';
    assert.match(report, /step add-column is kept, as the plan says: green writes the new column/);
  });

  it('that waits for a lock longer than its time thaws users’ writes, and is not done later', async () => {
    const { one, changes, run } = await started(
      'locked',
      (name) => [migrate(name, 4000)],
      () => undefined,
      1,
    );
    const first = one.service.stopAt('written:freeze-1');
    await first.reached;
    const holder = run('BEGIN; LOCK TABLE answers; SELECT pg_sleep(6); COMMIT');
    first.go();
    await one.until('step', ({ how }) => how === 'failed');
    const asked = await one.until('waiting', ({ wait }) => wait.kind === 'question');
    assert.match(asked.wait.what, /step add-column failed/);
    assert.equal(one.service.edge?.freezeUntilMs, null);
    await one.command('approve');
    assert.equal((await one.outcome()).kind, 'completed');
    await holder;
    assert.deepEqual(await changes(), ['do']);
  });
});

function migrate(name: string, withinMs = 20_000): OwnStep {
  const { do: _, undo: __, ...rest } = own('add-column');
  const kept = { undoUntil: 'flip', reason: 'green writes the new column' } as const;
  return { ...rest, ...kept, do: action(name, 'up.sql'), undo: action(name, 'down.sql'), withinMs };
}

function own(name: string): OwnStep {
  const scripted = { use: 'scripted' };
  return { at: 'frozen', name, do: scripted, undo: scripted, undoUntil: 'end', reason: null, withinMs: 5000 };
}

interface Started {
  readonly one: RunningSwitch;
  readonly columns: () => Promise<unknown[]>;
  /** What was done to the table and undone, oldest first. */
  readonly changes: () => Promise<unknown[]>;
  readonly run: PostgresServer['run'];
}

async function started(
  scenario: string,
  steps: (name: string) => readonly OwnStep[],
  script: (fail: (point: string) => void) => void = () => undefined,
  attempts = 2,
): Promise<Started> {
  const name = scenario.replaceAll(' ', '_');
  await database(name);
  const run = (sql: string) => within(name, sql);
  await run('CREATE TABLE answers (id integer)');
  await run(AUDIT);
  const one = await switches.start(`migration ${scenario}`, {
    plan: { steps: steps(name), cutover: { freezeMs: 60_000, attempts } },
    script: (service) => {
      service.env = ENV;
      script((point) => service.failAt(point, 'fatal', 1));
    },
  });
  const columns = async (): Promise<unknown[]> => {
    const rows = await run(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'answers' ORDER BY 1",
    );
    return rows.map((row) => row['column_name']);
  };
  return { one, columns, changes: async () => changesOf(name), run };
}

function within(name: string, sql: string): ReturnType<PostgresServer['run']> {
  return server.run(sql, name);
}

async function changesOf(name: string): Promise<('do' | 'undo')[]> {
  return (await within(name, 'SELECT what FROM audit ORDER BY id')).map(({ what }) => what as 'do' | 'undo');
}

const AUDIT = `
CREATE TABLE audit (id serial, what text);
CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'ALTER TABLE') THEN
    INSERT INTO audit (what) SELECT CASE WHEN EXISTS (
      SELECT FROM information_schema.columns WHERE table_name = 'answers' AND column_name = 'rank'
    ) THEN 'do' ELSE 'undo' END;
  END IF;
END $$;
CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION note();
`;
