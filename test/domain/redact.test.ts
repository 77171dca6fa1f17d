/** Secrets never leave: whatever encoding a peer writes them back in, and wherever they stand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ProviderError } from '../../src/domain/errors.ts';
import { excerpt, knowEnvironment, knowSecret, redact, redactError } from '../../src/domain/redact.ts';

const printable = fc
  .string({ unit: 'binary-ascii', minLength: 10, maxLength: 40 })
  .map((text) => text.replaceAll(/[^!-~]/g, 'x'));

/** Ways in which a peer echoes what it was sent. */
const ECHOES: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => `token ${secret} is wrong`,
  header: (secret) => `Authorization: Bearer ${secret}`,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'basic authorization': (secret) => `Basic ${Buffer.from(`u:${secret}`).toString('base64')}`,
  'base64 in the middle': (secret) => Buffer.from(`user=ab;${secret};end`).toString('base64'),
  'URL-encoded': (secret) => `?t=${encodeURIComponent(secret)}`,
  'URL-encoded in lower case': (secret) =>
    encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  'as a form': (secret) => new URLSearchParams({ t: secret }).toString(),
  JSON: (secret) => JSON.stringify({ error: { token: secret } }),
  HTML: (secret) =>
    `<p>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</p>`,
};

/** What can be read of a secret in a text, by somebody who tries. */
function isReadable(text: string, secret: string): boolean {
  const tries = [
    text,
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    ),
    ...(text.match(/[A-Za-z0-9+/_=-]{8,}/g) ?? []).map((run) =>
      Buffer.from(run, 'base64').toString('latin1'),
    ),
  ];
  return tries.some((one) => one.includes(secret) || one.includes(JSON.stringify(secret).slice(1, -1)));
}

describe('the redactor', () => {
  for (const [how, echo] of Object.entries(ECHOES)) {
    it(`takes a secret out that is echoed ${how} (D11)`, () => {
      fc.assert(
        fc.property(printable, (secret) => {
          knowSecret(secret);
          assert.ok(!isReadable(redact(echo(secret)), secret), redact(echo(secret)));
          assert.ok(!isReadable(excerpt(`${'x '.repeat(70)}${echo(secret)}`), secret));
          assert.ok(!isReadable(new ProviderError('fatal', 'x', echo(secret)).message, secret));
        }),
        { numRuns: 60 },
      );
    });
  }

  it('knows variables by their names and addresses by their passwords, and leaves the rest alone (D11)', () => {
    knowEnvironment({
      MY_SERVICE_TOKEN: 'first-of-them, second-of-them',
      SOME_DATABASE_URL: 'postgres://me:p%40ssw0rd!@db.example/x',
      CUTOVER_WEBHOOK_URL: 'https://hooks.example/services/T000/B000/XyZzY',
      AWS_ACCESS_KEY_ID: 'AKIAPUBLICNAME',
      HOME: '/home/operator',
    });
    const said =
      'first-of-them second-of-them p%40ssw0rd! p@ssw0rd! /services/T000/B000/XyZzY AKIAPUBLICNAME /home/operator';
    assert.equal(redact(said), '*** *** *** *** *** AKIAPUBLICNAME /home/operator');
  });

  it('takes credentials out of any address, known or not (D11)', () => {
    assert.equal(
      redact('fetch https://u:pw@host/x failed, Bearer abcdefghijk'),
      'fetch https://***@host/x failed, Bearer ***',
    );
  });

  it('redacts an error with its stack and its causes, and survives a circle (D11)', () => {
    knowSecret('s3cret-in-cause');
    const cause: Error & { cause?: unknown } = new Error('inner s3cret-in-cause');
    const error = new TypeError('outer s3cret-in-cause', { cause });
    cause.cause = error;
    redactError(error);
    assert.ok(
      ![error.message, error.stack, cause.message, cause.stack].join(' ').includes('s3cret-in-cause'),
    );
    assert.match(error.message, /^outer \*\*\*$/);
  });
});
