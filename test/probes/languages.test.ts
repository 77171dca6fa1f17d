/** Probe sets in other languages: two equal colors pass, a broken one fails, as in English; and a refusal in each is one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookInput } from '../../scripts/sim-gates/input.ts';
import { COLORS, type Color } from '../../src/domain/color.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import type { ProbeRun, Section, Snippet } from '../../src/domain/probe.ts';
import { fullGrid } from '../../src/domain/probes/rounds.ts';
import { calibrate } from '../../src/probes/calibrate.ts';
import { createLexical } from '../../src/probes/embed/lexical.ts';
import { runCells } from '../../src/probes/grid.ts';
import { languageOf } from '../../src/probes/language.ts';
import { lintEmbedder } from '../../src/probes/lint-embedder.ts';
import { refusalMatcher } from '../../src/probes/refusals.ts';
import type { SentAnswer, Sender } from '../../src/probes/sender.ts';
import { HANDBOOKS, handbookSet } from './languages.ts';

type Fault = 'none' | 'wrong-documents' | 'missing-shard' | 'half-snippets';
const GATES = ['delta-s', 'coverage', 'lambda'] as const;

/** What a color delivers for a question: the text as a chunker cuts it, without offsets. */
function deliver(sections: readonly Section[], at: number, fault: Fault): Snippet {
  const isWrong = fault === 'wrong-documents' || (fault === 'missing-shard' && at % 4 === 0);
  const section = sections[isWrong ? (at + 7) % sections.length : at];
  assert.ok(section);
  const text = fault === 'half-snippets' ? section.text.slice(0, section.text.length / 2) : section.text;
  return { snippet_id: '1', section_id: section.section_id, text };
}

async function verdicts(language: string, fault: Fault): Promise<string[]> {
  const set = handbookSet(language);
  const sections = [...set.sections.values()];
  const embedder = createLexical(sections.map(({ text }) => text));
  const { ok, calibration } = await calibrate(set, embedder);
  assert.ok(ok, `${language}: ${JSON.stringify(calibration)}`);
  const sender: Sender = {
    async send(probe, cell, color): Promise<SentAnswer> {
      const snippet = deliver(sections, set.probes.indexOf(probe), color === 'green' ? fault : 'none');
      return {
        cell,
        color,
        sentAtMs: 0,
        status: 200,
        retryAfterMs: null,
        error: null,
        latencyMs: { tffb: 1, tusable: 1, tfinal: 1 },
        elapsedMs: 1,
        answer: {
          answer: snippet.text ?? '',
          answerClass: 'answer',
          citations: [snippet.section_id],
          retrieved: [snippet],
          snippetIdentity: [],
          identity: {},
          cold: null,
        },
        schemaViolations: [],
        cold: false,
      };
    },
  };
  const cells = fullGrid(
    set.probes.map(({ id }) => id),
    1,
  ).map((cell) => ({ ...cell, round: 0 }));
  const runs: readonly ProbeRun[] = await runCells({
    cells,
    colors: COLORS satisfies readonly Color[],
    probeSet: set,
    sender,
    embedder,
    concurrency: 8,
  });
  const probes = {
    setDigest: set.digest,
    corpusHash: set.corpusHash,
    embedderId: embedder.id,
    calibration,
    seedEffective: false,
    runs,
    probes: set.probes.map(({ id, topic, answerable, targets }) => ({
      id,
      topic,
      answerable,
      targetSections: targets.map((target) => target.section_id),
    })),
    rounds: ['0'],
  };
  const look = { index: 1, planned: 1, windowMs: 60_000, slices: [], gates: GATES, probes, catalogue: null };
  return judge(lookInput(look)).map(({ verdict }) => verdict);
}

describe('a probe set', () => {
  for (const language of Object.keys(HANDBOOKS)) {
    it(`in ${language} passes with equal colors and fails by each gate that sees the fault`, async () => {
      assert.deepEqual(await verdicts(language, 'none'), ['pass', 'pass', 'pass']);
      assert.deepEqual(await verdicts(language, 'wrong-documents'), ['fail', 'fail', 'fail']);
      const shard = await verdicts(language, 'missing-shard');
      assert.deepEqual(shard.slice(1), ['fail', 'fail']);
      assert.notEqual(shard[0], 'pass');
      // Where in a text the words of a question stand is another matter in every language.
      assert.deepEqual((await verdicts(language, 'half-snippets')).slice(1), ['fail', 'pass']);
    });
  }
});

describe('the language of a text', () => {
  for (const language of Object.keys(HANDBOOKS)) {
    it(`${language} is known by its questions`, () => {
      const { probes } = handbookSet(language);
      assert.equal(languageOf(probes.map(({ question }) => question).join('\n')), language);
    });
  }

  for (const [language, text] of [
    ['ru', 'Как часто меняются ключи подписи? Кто объявляет об этом и в какой день? Где хранятся ключи?'],
    [
      'uk',
      'Як часто змінюються ключі підпису? Хто відповідає за їх зміну і в який день? Де зберігаються ключі?',
    ],
    ['be', 'Як часта мяняюцца ключы подпісу? Хто адказвае за іх замену і ў які дзень? Дзе ўсё захоўваецца?'],
    [
      'sr',
      'Колико често се мењају кључеви за потписивање? Ко је одговоран за промену? Где се кључеви чувају?',
    ],
    ['ar', 'كم مرة يتم تدوير مفاتيح التوقيع؟ من المسؤول عن التدوير وفي أي يوم؟'],
    ['fa', 'کلیدهای امضا هر چند وقت یک بار عوض می‌شوند؟ چه کسی مسئول است و در چه روزی؟'],
    ['ur', 'دستخط کی چابیاں کتنی بار بدلی جاتی ہیں؟ اس کا ذمہ دار کون ہے اور کس دن؟'],
  ] as const) {
    it(`${language} is told from others of its script`, () => assert.equal(languageOf(text), language));
  }

  it('is not guessed from names and numbers', () => {
    for (const text of ['', '12 34', 'fts5 vacuum pragma wal', 'PostgreSQL 17 B-tree'])
      assert.equal(languageOf(text), null, text);
  });
});

describe('the judge’s embedder', () => {
  const named = (id: string) => ({ ...createLexical([]), id });

  it('is named with the language that it was not made for', async () => {
    const [finding] = await lintEmbedder(handbookSet('ja'), named('use-lite@0.2.0/512/f16'));
    assert.deepEqual([finding?.code, finding?.severity], ['embedder_language', 'warning']);
    assert.match(
      finding?.message ?? '',
      /^the questions are Japanese, and use-lite was made for English; name/,
    );
    assert.deepEqual(await lintEmbedder(handbookSet('en'), named('use-lite@0.2.0/512/f16')), []);
    assert.deepEqual(await lintEmbedder(handbookSet('ja'), named('openai/x')), []);
  });

  it('is named with the language in which it tells nothing apart', async () => {
    const set = handbookSet('pl');
    const embedder = createLexical([...set.sections.values()].map(({ text }) => text));
    assert.deepEqual(await lintEmbedder(set, embedder), []);
    // Questions that share no word with their sections.
    const probes = set.probes.map((one) => ({
      ...one,
      paraphrases: ['co tam się dzieje', 'jak to jest', 'kiedy i gdzie'],
    }));
    const [finding] = await lintEmbedder({ ...set, probes }, embedder);
    assert.deepEqual([finding?.code, finding?.severity], ['embedder_blind', 'error']);
    assert.match(
      finding?.message ?? '',
      /\(Polish\), AUC 0\.\d\d: gate delta-s would be blind; name a multilingual model/,
    );
  });
});

describe('a refusal', () => {
  for (const [language, { refusal, answer, facts, things }] of Object.entries(HANDBOOKS)) {
    it(`in ${language} counts as one, and an answer does not`, () => {
      const isRefusal = refusalMatcher(['not in context', `language:${language}`]);
      assert.ok(isRefusal(refusal), refusal);
      assert.ok(isRefusal('not in context'));
      const [thing = ''] = things.split(',');
      for (const text of [answer, ...facts.map(([one]) => one.replaceAll('{}', thing))])
        assert.ok(!isRefusal(text), text);
    });
  }

  for (const [language, text] of [
    ['en', 'Sorry! I don’t know.'],
    ['en', 'The provided context does not mention refunds.'],
    ['en', 'There is no information about this in the provided documents.'],
    ['de', 'Der Kontext enthält dazu leider keine Angaben.'],
    ['de', 'Dazu liegen mir keine Informationen vor.'],
    ['de', 'Leider kann ich diese Frage nicht beantworten.'],
    ['fr', 'Le contexte ne précise pas ce point.'],
    ['fr', 'Je n’ai pas trouvé cette information.'],
    ['es', 'El contexto no menciona este tema.'],
    ['es', 'No lo sé.'],
    ['it', 'Il contesto non contiene questa informazione.'],
    ['it', 'Mi dispiace, non lo so.'],
    ['pt', 'O contexto não menciona isso.'],
    ['pt', 'Não sei.'],
    ['nl', 'Dat weet ik helaas niet.'],
    ['nl', 'De context bevat hierover geen informatie.'],
    ['pl', 'Nie wiem.'],
    ['pl', 'Kontekst nie zawiera takiej informacji.'],
    ['ru', 'Я не знаю.'],
    ['ru', 'В контексте об этом нет сведений.'],
    ['tr', 'Bunu bilmiyorum.'],
    ['tr', 'Verilen bağlamda bu bilgi bulunmuyor.'],
    ['ar', 'لا أعرف.'],
    ['ar', 'السياق لا يحتوي على هذه المعلومة.'],
    ['ja', 'わかりません。'],
    ['ja', 'その質問にはお答えできません。'],
    ['ko', '죄송합니다. 잘 모르겠습니다.'],
    ['ko', '제공된 문서에 해당 내용이 없습니다.'],
    ['zh', '我不知道。'],
    ['zh', '文档中没有提到这一点。'],
    ['zh', '沒有找到相關資料。'],
  ] as const) {
    it(`${language}: ${text}`, () => {
      assert.ok(refusalMatcher(`language:${language}`)(text));
      assert.ok(refusalMatcher(`language:${language}`)(text.normalize('NFD')), 'decomposed');
    });
  }

  it('in a language that is not known is refused with those that are', () => {
    assert.throws(() => refusalMatcher('language:tlh'), { name: 'UserError', hint: /languages: en, de,/ });
  });
});
