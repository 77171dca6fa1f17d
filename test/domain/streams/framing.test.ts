/** Content types: what is read in events or lines, and what is of no use before its end. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { framingOf, isWholeJson } from '../../../src/domain/streams/framing.ts';

it('JSON is held for whole documents only (B3)', () => {
  for (const type of [
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/problem+json',
    'application/vnd.api+json',
  ]) {
    assert.equal(isWholeJson(type), true, type);
  }
  for (const type of [
    'application/x-ndjson',
    'application/ndjson',
    'application/jsonl',
    'application/x-jsonlines',
    'application/json-lines',
    'application/json-seq',
    'application/stream+json',
    'Application/Stream+JSON;charset=utf-8',
    'application/vnd.x.stream+json',
    'text/event-stream',
    'text/plain; json',
    '',
  ]) {
    assert.equal(isWholeJson(type), false, type);
  }
});

it('events and lines are told by the type, and by a header of the Vercel AI SDK', () => {
  const of = (type: string, more: Record<string, string> = {}) => {
    const headers = new Headers({ 'content-type': type, ...more });
    return framingOf((name) => headers.get(name));
  };
  assert.equal(of('Text/Event-Stream; charset=utf-8'), 'events');
  for (const type of [
    'application/x-ndjson',
    'application/jsonl',
    'application/stream+json',
    'application/json-seq',
  ])
    assert.equal(of(type), 'lines', type);
  assert.equal(of('text/plain', { 'x-vercel-ai-data-stream': 'v1' }), 'lines');
  for (const type of ['text/plain', 'application/json', '']) assert.equal(of(type), null, type);
});
