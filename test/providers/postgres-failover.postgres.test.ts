/** A PostgreSQL that fails over: with a standby that lags, and with a synchronous one. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { failsOver, type FailingPair } from '../support/failover.ts';
import { startPostgres, startStandby, type PostgresServer } from '../support/postgres-server.ts';
import { until } from '../support/redis-server.ts';
import { refuses, write } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { createTable, openStore } from './postgres-env.ts';

interface Pair extends FailingPair {
  /** An address that leads to the primary. */
  readonly port: number;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
}

/** @param settings of both */
async function pair(t: TestContext, settings: readonly string[] = []): Promise<Pair> {
  const primary = await startPostgres(settings);
  const between = await tcpProxy(primary.port);
  const standby = await startStandby(between, 'second', settings);
  const front = await tcpProxy(primary.port);
  t.after(async () => {
    await front.close();
    await between.close();
    await standby.stop();
    await primary.stop();
  });
  await createTable(primary);
  return {
    port: front.port,
    primary,
    standby,
    store: openStore(front),
    async caughtUp() {
      const [now] = await primary.run('SELECT pg_current_wal_lsn()::text AS at');
      await until(async () => {
        const sql = `SELECT count(*)::int AS n FROM pg_stat_replication WHERE replay_lsn >= '${String(now?.['at'])}'`;
        return (await primary.run(sql))[0]?.['n'] === 1;
      });
    },
    cut: () => void between.holdAnswers(() => undefined),
    async promote() {
      await standby.run('SELECT pg_promote()');
      front.lead(standby.port);
      await primary.stop();
    },
  };
}

void describe('postgres that fails over', () => {
  failsOver(pair);

  void it('with a synchronous standby nothing is acknowledged that a failover can take back, and a repeat is one write', async (t) => {
    const both = await pair(t, ['synchronous_standby_names=*']);
    const hasty = openStore(both, { failover: 'synchronous', timeoutMs: 1500 });
    assert.equal(hasty.capabilities.fencing, 'strong');
    const patient = openStore(both, { failover: 'synchronous', timeoutMs: 20_000 });
    const first = await write(patient, firstConfig('docs'));
    both.cut();
    const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
    for (let attempt = 0; attempt < 2; attempt += 1)
      await refuses(() => write(hasty, next), 'retry', /no answer within 1500 ms/);
    await refuses(
      () => hasty.read(),
      'retry',
      /no answer within/,
      'who may be no primary any more is not believed',
    );
    await both.promote();
    const fresh = await startStandby(both.standby, 'third');
    try {
      assert.deepEqual(await patient.read(), first, 'what nobody was told is all that is gone');
      assert.deepEqual(await write(patient, next), next);
      assert.deepEqual(await write(patient, next), next);
      await fresh.run('SELECT pg_promote()');
      assert.deepEqual(await openStore(fresh).read(), next);
    } finally {
      await fresh.stop();
    }
  });

  void it('a commit that stopped waiting for the standby is not called done', async (t) => {
    const both = await pair(t, ['synchronous_standby_names=*']);
    const port = openStore(both, { failover: 'synchronous', timeoutMs: 20_000 });
    both.cut();
    const written = write(port, firstConfig('docs'));
    const cancel = `SELECT pg_cancel_backend(pid) AS n FROM pg_stat_activity WHERE application_name = 'cutover' AND wait_event = 'SyncRep'`;
    const cancelled = until(async () => (await both.primary.run(cancel)).length > 0);
    await refuses(() => written, 'retry', /generation 1 is stored, but .*no standby has confirmed it/);
    await cancelled;
  });

  void it('a standby is not asked, not even for a read', async (t) => {
    const both = await pair(t);
    const port = openStore(both.standby);
    await both.caughtUp();
    const calls = [() => port.read(), () => port.clock(), () => port.check?.()];
    for (const call of calls) await refuses(call, 'retry', /it is a standby.*must lead to the primary/);
    await refuses(() => write(port, firstConfig('docs')), 'retry', /it takes no writes: a standby/);
  });
});
