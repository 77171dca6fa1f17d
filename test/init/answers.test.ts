/** Answers that `cutover init` refuses, before it writes anything. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { folderOf, NOBODY, run } from './run-init.ts';

void describe('answers of init', () => {
  for (const [words, message] of [
    [[], /^init needs --platform, --blue, --green, --sticky, --answer, --stack$/],
    [['--yes'], /^init needs --blue, --green$/],
    [['--yes', ...NOBODY, '--platform', 'self-hostd'], /--platform cannot be "self-hostd"/],
    [['--yes', ...NOBODY, '--stack', 'ruby'], /--stack cannot be "ruby"/],
    [['--yes', ...NOBODY, '--sticky', 'ip'], /--sticky "ip" names no way to know a user/],
    [['--yes', ...NOBODY, '--answer', 'answer:ask'], /has no path after the colon/],
    [['--yes', ...NOBODY, '--from', 'red'], /--from cannot be "red"/],
    [['--yes', '--blue', 'ftp://x', '--green', 'http://y'], /--blue "ftp:\/\/x" is no address/],
    [['--yes', '--blue', 'http://u:p@x', '--green', 'http://y'], /--blue .* is no address/],
    [['--yes', ...NOBODY, '--service', 'Docs "x'], /--service "Docs \\"x" is no name of a service/],
    [['--yes', '--blue', 'http://x/#"', '--green', 'http://y'], /--blue .* is no address/],
    [['--yes', '--blue', 'http://x', '--green', 'http://x/'], /are the same address/],
    [['--yes', ...NOBODY, '--questions', 'nowhere.csv'], /nowhere\.csv/],
  ] as const) {
    void it(`refuses ${words.join(' ') || 'to guess without a terminal'} in one line`, async (t) => {
      const folder = await folderOf(t);
      await assert.rejects(run(folder, ...words), (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        assert.ok(error.hint !== undefined || error.message.includes('nowhere'));
        return true;
      });
      assert.deepEqual(await readdir(folder), []);
    });
  }
});
