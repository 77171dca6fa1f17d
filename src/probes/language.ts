/**
 * Which language a probe set is in, as far as its letters and small words tell.
 *
 * Invariant: what is not clear is null: it is only told to people, and no gate is given it.
 */
import { foldText } from '../domain/fold-text.ts';

/** Characters of the questions that are looked at. */
const CHARS = 20_000;
/** Share of the letters that makes a script the set's. */
const MOST = 0.5;
/** Share of kana from which Chinese characters are Japanese. */
const KANA = 0.1;
/** Share of all words that the small ones of a language must make up, and times the next language's. */
const SMALL = 0.08;
const CLEARLY = 1.3;

const SCRIPTS: readonly (readonly [language: string, letters: RegExp])[] = [
  ['ko', /\p{Script=Hangul}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
];

/** Share of letters that a script's first language does not have, or hardly: with more it is another one. */
const FOREIGN = 0.005;
const OTHERS: readonly (readonly [first: string, other: string, letters: RegExp])[] = [
  ['ar', 'ur', /[ٹڈڑںہھے]/gu],
  ['ar', 'fa', /[پچژگکی]/gu],
  ['ru', 'be', /ў/gu],
  ['ru', 'uk', /[іїєґ]/gu],
  ['ru', 'mk', /[ѓќѕ]/gu],
  ['ru', 'sr', /[јљњћђ]/gu],
];

/** Words that questions cannot do without, and that few of the other languages have. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'the of and is are what how when which who does do can in for with to a where why',
  de: 'der die das und ist sind was wie wann welche welcher welches wer wird werden ein eine im für mit von wo warum nicht zu',
  fr: 'le la les des du et est sont que quel quelle quels quelles comment quand qui une pour dans avec où pourquoi à combien',
  es: 'el la los las del y es son qué cómo cuándo cuál cuáles quién una para en con dónde por cada cuánto se',
  it: 'il lo gli della del e è sono che cosa come quando quale quali chi una per nel con dove perché di ogni quanto',
  pt: 'o os as do da dos e é são que como quando qual quais quem uma para no na com onde por de cada quanto',
  nl: 'de het een en is zijn wat hoe wanneer welke wie voor in met van waar waarom wordt worden',
  pl: 'i jest są co jak kiedy który która które kto dla w z na gdzie dlaczego czy do ile się',
  tr: 've bir ne nasil zaman hangi kim için ile nerede neden mi kaç bu olarak',
};

/** ISO 639-1, as far as a script or its small words tell; null when they do not. */
export function languageOf(text: string): string | null {
  const folded = foldText(text.slice(0, CHARS));
  const letters = folded.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return null;
  const share = (script: RegExp): number => (folded.match(script)?.length ?? 0) / letters;
  const [han, kana] = [share(/\p{Script=Han}/gu), share(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)];
  if (han + kana > MOST) return kana > KANA ? 'ja' : 'zh';
  const script = SCRIPTS.find(([, of]) => share(of) > MOST);
  if (script === undefined) return ofWords(folded);
  const other = OTHERS.find(([first, , own]) => first === script[0] && share(own) > FOREIGN);
  return other === undefined ? script[0] : other[1];
}

function ofWords(folded: string): string | null {
  const words = folded.match(/\p{L}+/gu) ?? [];
  const ranked = Object.entries(WORDS)
    .map(([language, list]) => {
      const small = new Set(foldText(list).split(' '));
      return { language, share: words.filter((word) => small.has(word)).length / words.length };
    })
    .toSorted((a, b) => b.share - a.share);
  const [best, next] = ranked;
  if (best === undefined || best.share < SMALL) return null;
  return best.share >= CLEARLY * (next?.share ?? 0) ? best.language : null;
}
