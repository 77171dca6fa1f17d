import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redact } from '../../src/domain/redact.ts';
import { serviceEnvironments } from '../../src/providers/service-env.ts';

void describe('secrets of one service (F21)', () => {
  const env = {
    CUTOVER_ADMIN_TOKEN: 'all',
    CUTOVER_ADMIN_TOKEN_DOCS_RAG: 'token-of-docs',
    CUTOVER_PIN_SECRET_DOCS_RAG: 'pin',
    CUTOVER_COLOR_TOKEN_DOCS_RAG: '',
    OTHER: 'x',
  };
  const of = serviceEnvironments(env);

  void it('win over the worker’s, for that service and those names alone', () => {
    const docs = of('docs-rag');
    assert.deepEqual(
      [docs['CUTOVER_ADMIN_TOKEN'], docs['CUTOVER_PIN_SECRET'], docs['CUTOVER_COLOR_TOKEN'], docs['OTHER']],
      ['token-of-docs', 'pin', undefined, 'x'],
    );
    assert.equal(of('shop'), env);
    assert.equal(of('docs'), env);
  });

  void it('are taken out of every text, as the common ones are', () => {
    assert.equal(redact('the edge says token-of-docs'), 'the edge says ***');
  });

  void it('are the same environment each time, so that ports are opened once', () => {
    assert.equal(of('docs-rag'), of('docs-rag'));
    assert.equal(
      of('docs-rag'),
      of('docs.rag'),
      'two names that differ in punctuation share their variables',
    );
  });
});
