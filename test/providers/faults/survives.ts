/**
 * One call of a provider that changes the world, and everything that a network, a balancer or a vendor may do to it: in the end the effect
 * is there once (or as often as is said of it), what leaves says rightly what to do, and it leaves in time.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ProviderError, type ProviderErrorKind } from '../../../src/domain/errors.ts';
import { inTime } from '../../../src/in-time.ts';
import type { PortName } from '../../../src/ports/index.ts';
import { HTTP_FAULTS, RETRY_AFTER_S, type HttpFault } from '../../support/http-proxy.ts';
import { SPOILS, type Spoil } from '../../support/tcp-proxy.ts';

/**
 * How the call ends at first: done all the same, with an error of that kind, or with an answer that counts what failed. It is repeated until
 * it is done. `done or retry`: whichever of two answers is read first.
 */
export type First = 'done' | 'counted' | 'done or retry' | ProviderErrorKind;

/** Thrown for an answer that counts what failed, and throws nothing. */
export class Counted extends Error {}

/** A promise that the vendor does not let anybody keep, and who keeps it instead. */
export interface Weaker {
  readonly first: First;
  /** How often the effect may be there in the end. */
  readonly times: number;
  readonly because: string;
}

/** The fault cannot come between. */
export interface Never {
  readonly never: string;
}

export type Expected = First | Weaker | Never;

interface Told<F extends string> {
  readonly provider: string;
  readonly port: PortName;
  readonly method: string;
  /** Which of the requests of a call is spoiled, and of which kind of thing; empty where it makes one. */
  readonly of: string;
  /** Lane of the real peer; null: the tests bring what it needs. */
  readonly peer: string | null;
  readonly expected: Readonly<Record<F, Expected>>;
  start(): Promise<World<F>>;
}

export type OverHttp = Told<HttpFault> & { readonly via: 'http' };
export type OverSocket = Told<Spoil> & { readonly via: 'socket' };
export type Subject = OverHttp | OverSocket;

export interface World<F> {
  /** Longest time that one call may take, whatever happens to it, ms. */
  readonly withinMs: number;
  /** A call whose effect is new. */
  next(): Promise<Spoilable<F>>;
  close(): Promise<void>;
}

export interface Spoilable<F> {
  spoil(how: F): void | Promise<void>;
  /** Each time with the same idempotency key. @throws as the port does, and `Counted` */
  call(): Promise<unknown>;
  /** How often the effect is there. @throws where something is lost */
  times(): Promise<number>;
}

const REPEATS = 3;

export function survives(subject: Subject): void {
  if (subject.via === 'http') registered(subject, HTTP_FAULTS);
  else registered(subject, SPOILS);
}

function registered<F extends string>(subject: Told<F>, faults: readonly F[]): void {
  const { provider, port, method, of, expected } = subject;
  void describe(`${provider}: ${port}.${method}${of === '' ? '' : `, ${of}`}`, () => {
    let world: World<F>;
    before(async () => {
      world = await subject.start();
    });
    after(() => world.close());
    for (const how of faults) {
      const one = expected[how];
      if (typeof one === 'object' && 'never' in one) continue;
      const { first, times, because } =
        typeof one === 'string' ? { first: one, times: 1, because: null } : one;
      const often = because === null ? 'once' : `at most ${times} times: ${because}`;
      void it(`${how} → ${first}, and the effect is there ${often}`, async () => {
        const call = await world.next();
        await call.spoil(how);
        await endsAs(first, how, () => call.call(), world.withinMs);
        if (first !== 'done') await repeated(() => call.call());
        const found = await call.times();
        assert.ok(found === 1 || (because !== null && found > 0 && found <= times), `${found} times`);
      });
    }
  });
}

async function endsAs(
  first: First,
  how: string,
  call: () => Promise<unknown>,
  withinMs: number,
): Promise<void> {
  const tried = await inTime(call(), withinMs);
  assert.notEqual(tried.kind, 'late', `it had not ended after ${withinMs} ms`);
  const ended = tried.kind === 'failed' ? tried.cause : 'done';
  if (first === 'done') return assert.equal(ended, 'done', String(ended));
  if (first === 'counted') return assert.ok(ended instanceof Counted, String(ended));
  if (first === 'done or retry' && ended === 'done') return;
  assert.ok(ended instanceof ProviderError, String(ended));
  assert.equal(ended.kind, first === 'done or retry' ? 'retry' : first, ended.message);
  if (how === '429') assert.equal(ended.retryAfterMs, RETRY_AFTER_S * 1000, ended.message);
}

async function repeated(call: () => Promise<unknown>): Promise<void> {
  for (let nth = 1; ; nth += 1) {
    try {
      await call();
      return;
    } catch (error) {
      if (nth === REPEATS) throw error;
    }
  }
}
