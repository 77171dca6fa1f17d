/**
 * Runs test files one after another in this process: `child.ts <file>…`, started by run-group.ts.
 * Invariant: a file finds the environment and the folder as the one before it found them, and what it leaves running is its failure.
 */
import { after, describe } from 'node:test';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FILE_MARK, leftRunning, openHandles } from './leaks.ts';
import type { FromChild } from './messages.ts';

/** A server that closes its last connection, a process that ends on a signal. */
const GRACE_MS = 5_000;

function send(message: FromChild): void {
  process.send?.(message);
}

function runFile(file: string): Promise<void> {
  return new Promise((done) => {
    void describe(file, async () => {
      const startedMs = Date.now();
      const cpu = process.cpuUsage();
      const env = { ...process.env };
      const folder = process.cwd();
      const before = openHandles();
      // What is started from here on carries it, however far it detaches itself.
      process.env[FILE_MARK] = file;
      send({ kind: 'begin', file });
      const end = (): void => {
        for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
        Object.assign(process.env, env);
        process.chdir(folder);
        const { user, system } = process.cpuUsage(cpu);
        send({ kind: 'end', file, ms: Date.now() - startedMs, cpuMs: (user + system) / 1000 });
        done();
      };
      try {
        await import(pathToFileURL(resolve(file)).href);
      } catch (error) {
        end();
        throw error;
      }
      // After those of the file: hooks run in the order in which they were asked for.
      after(async () => {
        try {
          const left = await leftRunning({ file, before, graceMs: GRACE_MS });
          if (left.length > 0) throw new Error(`${file} left running: ${left.join('; ')}`);
        } finally {
          end();
        }
      });
    });
  });
}

// Whoever ends the run ends the tests, but to listen for it must not keep this process running.
process.once('disconnect', () => process.exit(1));
process.channel?.unref();

for (const file of process.argv.slice(2)) await runFile(file);
