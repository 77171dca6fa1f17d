/**
 * The runtime API of one HAProxy: a line of commands, an answer, the end.
 * Invariant: an answer that did not come whole is no answer; HAProxy runs the line all the same.
 */
import { connect } from 'node:net';
import { CallsInTime } from '../calls-in-time.ts';
import { haproxyFault } from './errors.ts';

/** A table of all servers and a few lines about each. */
const MAX_BYTES = 4_194_304;

export class Runtime {
  /** Path of a socket, or host:port, as messages name it. */
  readonly where: string;
  readonly #calls: CallsInTime;

  constructor(where: string, timeoutMs: number) {
    this.where = where;
    this.#calls = new CallsInTime({ provider: 'haproxy', where, timeoutMs, faultOf: haproxyFault });
  }

  /**
   * Sends commands as one line, which HAProxy runs one after the other whether or not somebody still listens.
   * @returns what each of them answered; nothing of one that has set something.
   * @throws ProviderError; the signal's reason when cancelled.
   */
  ask(signal: AbortSignal | undefined, commands: readonly string[]): Promise<readonly string[]> {
    return this.#calls.run(signal, async (end) => {
      const answers = answersOf(await this.#exchange(`${commands.join('; ')}\n`, end));
      if (answers.length === commands.length) return answers;
      throw new Error(`it answered ${answers.length} of ${commands.length} commands`);
    });
  }

  close(): void {
    this.#calls.close();
  }

  #exchange(line: string, end: AbortSignal): Promise<string> {
    const [, host, port] = /^([^/:]+):(\d+)$/.exec(this.where) ?? [];
    const socket = connect(host === undefined ? { path: this.where } : { host, port: Number(port) });
    end.addEventListener('abort', () => socket.destroy());
    return new Promise((resolve, reject) => {
      let text = '';
      socket.setEncoding('utf8');
      socket.on('connect', () => socket.write(line));
      socket.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) reject(new Error(`it answers more than ${MAX_BYTES} bytes`));
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection broke')));
      socket.on('end', () => resolve(text));
    });
  }
}

/** An empty line ends the answer to each command. */
function answersOf(text: string): string[] {
  const answers: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line !== '') lines.push(line);
    else {
      answers.push(lines.join('\n'));
      lines = [];
    }
  }
  // What no empty line has ended broke off.
  return lines.length === 0 ? answers : [];
}
