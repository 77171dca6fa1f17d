import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';

test('passes', () => {
  createServer().listen(0, '127.0.0.1');
  spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], {
    detached: true,
    stdio: 'ignore',
  }).unref();
});
