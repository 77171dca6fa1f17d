/** The router's own routes: who is let in, and what happens while a process of it does not tell. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdmin, type AdminPorts } from '../../src/edge/admin.ts';

const PORTS = {
  place: { service: 'docs', region: 'eu', pop: '' },
  defaultColor: 'blue',
  sticky: { anonymous: true },
  dialects: '',
  sockets: () => ({ blue: 0, green: 0 }),
  served: async () => ({ config: null, doubt: true, ageMs: null }),
  store: () => ({ fetch: async () => Response.json({ stored: null, nowMs: 0 }) }),
  flushLogs: async () => true,
  faults: null,
} as unknown as AdminPorts;

async function ask(ports: Partial<AdminPorts>, authorization: string | null): Promise<number> {
  const headers = authorization === null ? {} : { authorization };
  const admin = createAdmin({ ...PORTS, ...ports });
  return (await admin(new Request('https://edge.test/__cutover/config', { headers }), () => undefined))
    .status;
}

describe('the routes of an edge', () => {
  it('that was given no token let nobody in', async () => {
    for (const token of [undefined, '', 'undefined '] as unknown as string[]) {
      for (const said of [null, '', 'Bearer', 'Bearer ', 'Bearer undefined', 'Bearer null', 'Basic x']) {
        assert.equal(await ask({ token }, said), 401, JSON.stringify([token, said]));
      }
    }
    assert.equal(await ask({ token: 'good' }, 'Bearer good'), 200);
  });

  it('answer 503 when another process does not tell, however long this one takes', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const served: AdminPorts['served'] = async () => {
        await sleep(50);
        return { config: null, doubt: true, ageMs: null };
      };
      const others = (): Promise<never> => Promise.reject(new Error('one of them did not answer in time'));
      assert.equal(await ask({ token: 'good', served, others }, 'Bearer good'), 503);
    } finally {
      process.off('unhandledRejection', hear);
    }
    assert.deepEqual(unheard, []);
  });
});
