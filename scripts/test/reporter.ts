/** A reporter of node:test that tells each result to the process that started this one. It writes nothing. */
import { Transform } from 'node:stream';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';
import type { FromChild } from './messages.ts';

interface Result {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error & { failureType?: string } };
}

/** node:test only mentions what went wrong when nobody waited for it any more. */
const LATE = /asynchronous activity after the test ended/;

const names: string[] = [];

const reporter = new Transform({
  writableObjectMode: true,
  transform: ({ type, data }: TestEvent, _encoding, done) => {
    if (type === 'test:start') names[data.nesting] = data.name;
    else if (type === 'test:pass' || type === 'test:fail') tell(type, data);
    else if (type === 'test:diagnostic' && LATE.test(data.message) && names[0] !== undefined)
      send({ kind: 'fail', file: names[0], path: names.slice(1), text: data.message });
    done();
  },
});

// oxlint-disable-next-line import/no-default-export -- node:test takes a reporter from there
export default reporter;

function tell(type: 'test:pass' | 'test:fail', { nesting, name, skip, details }: Result): void {
  const [file, ...path] = [...names.slice(0, nesting), name];
  const told = (kind: 'pass' | 'fail' | 'skip', text: string): void => send({ kind, file, path, text });
  const isSuite = details.type === 'suite';
  if (type === 'test:fail') {
    // A suite fails with its tests, which were told already; only what is its own is told of itself.
    if (!isSuite || details.error?.failureType !== 'subtestsFailed') told('fail', textOf(details.error));
  } else if (skip !== undefined && skip !== false) {
    told('skip', typeof skip === 'string' ? skip : '');
  } else if (!isSuite) {
    told('pass', '');
  }
  if (nesting === 0) send({ kind: 'told', file });
}

function send(message: FromChild): void {
  process.send?.(message);
}

function textOf(error: Error | undefined): string {
  const cause = error?.cause ?? error;
  return typeof cause === 'string' ? cause : inspect(cause);
}
