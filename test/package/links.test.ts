/** Pages that are in the package link only to what is in the package: its readers have nothing else. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };

/** What npm adds by itself. */
const ALWAYS = ['README.md', 'LICENSE', 'package.json'];

const isPacked = (file: string): boolean =>
  ALWAYS.includes(file) || files.some((one) => file === one || file.startsWith(`${one}/`));

function pages(): string[] {
  return [...ALWAYS, ...files]
    .filter((one) => !one.startsWith('dist'))
    .flatMap((one) =>
      statSync(one).isDirectory()
        ? readdirSync(one, { recursive: true, encoding: 'utf8' }).map((name) => path.join(one, name))
        : [one],
    )
    .filter((one) => one.endsWith('.md'));
}

test('no page of the package has a link that leads nowhere (E10)', () => {
  const dead: string[] = [];
  for (const page of pages()) {
    for (const [, link = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      const target = link.split('#')[0] ?? '';
      if (target === '' || /^[a-z]+:/.test(target)) continue;
      const file = path.normalize(path.join(path.dirname(page), target));
      if (!isPacked(file)) dead.push(`${page}: ${link}`);
      else statSync(file);
    }
  }
  assert.deepEqual(dead, []);
});
