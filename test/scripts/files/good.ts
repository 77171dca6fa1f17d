import { test } from 'node:test';

test('passes', () => undefined);
test('is not run', { skip: 'no such thing here' }, () => undefined);
