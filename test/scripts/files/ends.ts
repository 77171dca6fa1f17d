import { describe, test } from 'node:test';

void describe('a suite', () => {
  test('passes', () => undefined);
  test('fails', () => {
    throw new Error('as it should');
  });
  test('ends the process', () => process.exit(3));
});
