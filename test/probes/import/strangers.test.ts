/** Tables as spreadsheets of other countries export them, and chats in parts: what they say arrives, or is named. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { importProbes, type ImportFormat } from '../../../src/probes/import/index.ts';
import { tempFolder } from '../set-folder.ts';

async function imported(format: ImportFormat, name: string, text: string) {
  const folder = await tempFolder();
  const file = path.join(folder, name);
  await writeFile(file, text);
  return importProbes({ format, path: file, name: 'x', folder: path.join(folder, 'out') });
}

it('a German table: byte order mark, semicolons, quotes, lines in cells, ids twice, and no as FALSCH', async () => {
  const rows = [
    'id;question;paraphrase_1;paraphrase_2;paraphrase_3;context;answerable;must_include',
    '1;"Wann geht die ""Mahnung"" hinaus?";Wann kommt sie?;Wie bald?;Nach wie vielen Tagen?;Nach vierzehn Tagen.;WAHR;"vierzehn\r\nTage"',
    '1;Gibt es Rabatt?;Bekomme ich Rabatt?;Ist Rabatt möglich?;Wie viel Rabatt?;;FALSCH;',
    '2;Und sonst?;Was noch?;Was sonst?;Wie sonst?;Sonst nichts.;vielleicht;',
    ';;;;;;;',
  ];
  const {
    rows: read,
    complete,
    drafts,
  } = await imported('table', 'de.csv', `\uFEFF${rows.join('\r\n')}\r\n`);
  assert.equal(read, 3);
  assert.deepEqual(
    complete.map(({ id, question, answerable, must_include }) => [id, question, answerable, must_include]),
    [
      ['1', 'Wann geht die "Mahnung" hinaus?', true, ['vierzehn', 'Tage']],
      ['1~2', 'Gibt es Rabatt?', false, undefined],
    ],
  );
  assert.match(drafts[0]?.gaps[0]?.message ?? '', /^answerable is "vielleicht", neither yes nor no/);
});

const SAYS = {
  table: (answerable: unknown) => ({ question: 'Why?', answerable }),
  ragas: (answerable: unknown) => ({ user_input: 'Why?', metadata: { answerable } }),
  deepeval: (answerable: unknown) => ({ input: 'Why?', additional_metadata: { answerable } }),
  langsmith: (answerable: unknown) => ({ inputs: { question: 'Why?' }, metadata: { answerable } }),
  promptfoo: (answerable: unknown) => ({ vars: { question: 'Why?' }, metadata: { answerable } }),
} as const;

for (const [format, row] of Object.entries(SAYS)) {
  it(`${format}: an answerable that is neither yes nor no is a gap, and no yes`, async () => {
    const said = ['아니오', 'vielleicht', ['?'], '', null].map((one) => JSON.stringify(row(one)));
    const { drafts } = await imported(format as ImportFormat, 'set.jsonl', said.join('\n'));
    const gapsOf = (at: number) =>
      drafts[at]?.gaps.filter(({ message }) => /neither yes nor no/.test(message));
    assert.deepEqual(
      said.map((_, at) => gapsOf(at)?.length),
      [0, 1, 1, 0, 0],
    );
    assert.deepEqual([drafts[0]?.answerable, drafts[3]?.answerable], [false, true]);
  });
}

it('a Japanese table, with its full stops and its yes and no', async () => {
  const text =
    '\uFEFFid,question,paraphrase_1,paraphrase_2,paraphrase_3,context,answerable\r\n' +
    'k,"休暇は、いつまでに申請しますか。",期限は?,何日前?,いつ?,"三営業日前までに、申請する。",はい\r\n' +
    'n,駐車場はありますか。,駐車は?,車は?,どこ?,,いいえ\r\n';
  const { complete } = await imported('table', 'ja.csv', text);
  assert.deepEqual(
    complete.map(({ id, answerable, targets }) => [id, answerable, targets.length]),
    [
      ['k', true, 1],
      ['n', false, 0],
    ],
  );
});

it('a chat whose one turn comes in parts is a question; one with a picture is not', async () => {
  const chat = (content: unknown): string =>
    JSON.stringify({
      inputs: { messages: [{ role: 'user', content }] },
      outputs: { contexts: ['Fünf Euro.'] },
    });
  const text = [
    chat([{ type: 'text', text: 'Wie hoch ist die Gebühr?' }]),
    chat([{ type: 'image_url' }]),
  ].join('\n');
  const { drafts } = await imported('langsmith', 'chat.jsonl', text);
  assert.deepEqual(
    drafts.map(({ question }) => question),
    ['Wie hoch ist die Gebühr?', ''],
  );
});

it('a very long cell is read in seconds', async () => {
  const text = `id,question,context\n1,Was steht drin?,"${'Wort "" , \n'.repeat(15_000)}"\n`;
  const started = process.cpuUsage();
  assert.equal((await imported('table', 'big.csv', text)).drafts.length, 1);
  assert.ok(process.cpuUsage(started).user < 20_000_000);
});
