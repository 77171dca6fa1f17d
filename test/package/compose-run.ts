/**
 * Runs the processes of docker-compose.yml without an engine: their commands, environment, users and order, volumes as folders that belong
 * to root as new volumes do, names and ports led to free ones of this machine's loopback.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import { freePorts } from '../../src/dev-server/free-port.ts';
import { IS_BUILT, PROGRAM } from '../support/program.ts';
import { testEnv } from '../support/temporal.ts';
import { fill, mountsOf, needsOf, userOf, type Compose, type Service } from './compose-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
const SECRETS = { CUTOVER_ADMIN_TOKEN: 'admin', CUTOVER_COLOR_TOKEN: 'color', CUTOVER_PIN_SECRET: 'pin' };

export class ComposeRun {
  readonly #running: ChildProcess[] = [];
  readonly #output = new Map<string, string>();
  readonly #places: (readonly [string, string])[];
  readonly #dir: string;

  readonly compose: Compose;
  readonly dockerfile: string;

  private constructor(
    compose: Compose,
    dockerfile: string,
    dir: string,
    places: (readonly [string, string])[],
  ) {
    this.compose = compose;
    this.dockerfile = dockerfile;
    this.#dir = dir;
    this.#places = places;
  }

  static async open(compose: Compose, dockerfile: string): Promise<ComposeRun> {
    const dir = await mkdtemp(path.join(tmpdir(), 'cutover-compose-'));
    await chmod(dir, 0o755);
    const { path: binary } = await findTemporalBinary();
    // Where the user of a service can read it.
    const temporal = path.join(dir, 'temporal');
    await copyFile(binary, temporal);
    await chmod(temporal, 0o755);
    const names = ['7233', '8233', '8787', '8788', '8899'];
    const free = await freePorts(names.length);
    const places: (readonly [string, string])[] = [
      ['temporal:7233', `127.0.0.1:${free[0]}`],
      ['0.0.0.0', '127.0.0.1'],
      ...names.map((name, index) => [name, String(free[index])] as const),
    ];
    for (const { volume, path: mounted } of Object.values(compose.services).flatMap((one) => mountsOf(one))) {
      const folder = path.join(dir, 'volumes', volume);
      await mkdir(folder, { recursive: true });
      places.push([mounted, folder]);
    }
    return new ComposeRun(compose, dockerfile, dir, places);
  }

  /** What stands in the file, led to where it is on this machine. */
  at(text: string): string {
    return this.#places.reduce((all, [there, here]) => all.replaceAll(there, here), text);
  }

  /** Starts everything in the order that the file asks for. */
  async up(): Promise<void> {
    const waiting = new Map(Object.entries(this.compose.services));
    const done = new Set<string>();
    while (waiting.size > 0) {
      const next = [...waiting].find(([, service]) => needsOf(service).every(([name]) => done.has(name)));
      if (next === undefined) throw new Error('services wait for each other');
      const [name, service] = next;
      const conditions = Object.values(this.compose.services)
        .flatMap((one) => needsOf(one))
        .filter(([needed]) => needed === name)
        .map(([, condition]) => condition);
      await this.#start(name, service, conditions);
      waiting.delete(name);
      done.add(name);
    }
  }

  async #start(name: string, service: Service, conditions: readonly string[]): Promise<void> {
    const child = this.#spawn(name, service, this.#command(service));
    if (conditions.includes('service_completed_successfully')) {
      const code = await new Promise((resolve) => child.on('close', resolve));
      if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${this.output(name)}`);
      return;
    }
    if (conditions.includes('service_healthy')) {
      const [, ...probe] = service.healthcheck?.test ?? [];
      const address = ['--address', this.at('temporal:7233')];
      await this.#until(name, child, () => {
        const [binary = '', ...words] = this.#words([...probe, ...address]);
        return spawnSync(binary, words, { env: testEnv() }).status === 0;
      });
    }
  }

  /** Waits until `is`, but not for a process that has ended. */
  async #until(name: string, child: ChildProcess, is: () => boolean): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if (child.exitCode !== null)
        throw new Error(`${name} ended with ${child.exitCode}: ${this.output(name)}`);
      if (is()) return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error(`${name} does not become healthy: ${this.output(name)}`);
  }

  /** Waits for a line of a service that fits. */
  async line(name: string, fits: RegExp, withinMs = 120_000): Promise<string> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.output(name)
        .split('\n')
        .find((line) => fits.test(line));
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${name} never said ${fits}: ${this.output(name)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  output(name: string): string {
    return this.#output.get(name) ?? '';
  }

  /** `docker compose exec <name> cutover …`. */
  exec(name: string, words: readonly string[]): ChildProcess {
    const service = this.compose.services[name];
    if (service === undefined) throw new Error(`no service ${name}`);
    return this.#spawn(`${name} exec`, service, [process.execPath, ...this.#program(), ...words]);
  }

  async down(): Promise<void> {
    for (const child of this.#running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await gone;
      clearTimeout(force);
    }
    await rm(this.#dir, { recursive: true, force: true });
  }

  #spawn(name: string, service: Service, [binary = '', ...words]: readonly string[]): ChildProcess {
    const uid = userOf(service, this.dockerfile);
    const given = Object.entries(service.environment ?? {}).map(([key, value]) => [
      key,
      this.at(fill(value, SECRETS)),
    ]);
    const child = spawn(binary, words, {
      cwd: service.working_dir === undefined ? this.#dir : this.at(service.working_dir),
      env: { PATH: process.env['PATH'], HOME: this.#dir, NO_COLOR: '1', ...Object.fromEntries(given) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Only root can be somebody else; for others the model alone looks after users.
      ...(IS_ROOT ? { uid, gid: uid } : {}),
    });
    this.#running.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output.set(name, `${this.output(name)}${text}`);
      });
    }
    return child;
  }

  #command(service: Service): string[] {
    if (service.entrypoint !== undefined) {
      const words = IS_ROOT ? service.entrypoint : ['true'];
      return this.#words([...words, ...(IS_ROOT ? (service.command ?? []) : [])]);
    }
    const words = service.command ?? [];
    if (service.image?.startsWith('temporalio/temporal:') === true) {
      return this.#words(['temporal', ...words, '--port', '7233', '--ui-port', '8233']);
    }
    const [first = '', ...rest] = words;
    if (first === 'cutover') return [process.execPath, ...this.#program(), ...this.#words(rest)];
    const [module = '', ...others] = rest;
    const file = module.replace('/opt/cutover/', ROOT);
    const source = file.replace('/dist/', '/').replace(/\.js$/, '.ts');
    const run = IS_BUILT ? [file] : ['--import', import.meta.resolve('tsx'), source];
    return [process.execPath, ...run, ...this.#words(others)];
  }

  #words(words: readonly string[]): string[] {
    return words.map((word) => (word === 'temporal' ? path.join(this.#dir, 'temporal') : this.at(word)));
  }

  #program(): string[] {
    return PROGRAM.map((word) => (word === 'tsx' ? import.meta.resolve('tsx') : word));
  }
}
