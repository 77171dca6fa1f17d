/** A process that serves the Python stub, one of them for all cases of the table. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ask, CASES_FILE, type Served } from './cases.ts';

export const SERVER = fileURLToPath(new URL('color_server.py', import.meta.url));

export class PythonServer {
  #child: ChildProcess | null = null;
  #port = 0;

  async start(kind: 'asgi' | 'wsgi', packages = ''): Promise<void> {
    const { CUTOVER_COLOR_TOKEN: _, ...env } = process.env;
    this.#child = spawn('python3', ['-B', SERVER, kind, fileURLToPath(CASES_FILE)], {
      env: { ...env, PYTHONPATH: packages },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#child.stdout === null) throw new Error('it has no output');
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
    if (line === undefined) throw new Error('the Python server ended before it listened');
    this.#port = Number(line);
  }

  async stop(): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  said(at: number, path: string): Promise<number> {
    return ask(this.#port, at, { method: 'GET', path }).then(({ body }) => Number(body));
  }

  async open(at: number): Promise<Served> {
    return { port: this.#port, retired: () => this.said(at, '/__retired'), close: async () => undefined };
  }
}
