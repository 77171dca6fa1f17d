/**
 * What services say when they have no answer, by language: for a plan that names the language instead of the words.
 *
 * Invariant: asked of the first sentence only, and only where a plan names the language; never a guess at tone.
 */
import { foldText } from '../domain/fold-text.ts';
import { wordTokens } from '../domain/probes/tokens.ts';
import { UserError } from '../domain/errors.ts';
import { compilePattern } from './pattern.ts';

const WHERE = 'probes.response.refusal';

/** A refusal says so at once: characters of an answer that are looked at. */
const CHARS = 500;
/** Words of a sentence that says more than "Sorry!". */
const GREETING = 4;

/**
 * Patterns of our own over folded text, in linear time: that the sources do not say it, or that the speaker does not know it. "No
 * information" alone is no refusal: "The API keeps no information about users" answers a question.
 */
const SAID: Readonly<Record<string, readonly RegExp[]>> = {
  en: [
    /not in (the )?(\p{L}+ )?context/u,
    /(context|documents?|sources?|passages?|excerpts?|text|information)( \p{L}+)? (does|do)( not|n't) (contain|mention|include|provide|say|specify|answer)/u,
    /(^|[ ,])(i|we) (do not|don't|did not|didn't|could not|couldn't|cannot|can't|can not) (know|answer|(have|find) (\p{L}+ ){0,2}(information|answer))/u,
    /(i am|i'm|we are|we're) (unable|not able) to (answer|find|provide)/u,
    /no (relevant )?(information|answer) .{0,60}(in the (\p{L}+ )?(context|documents?|sources?)|(was|were) found|available)/u,
  ],
  de: [
    /nicht im (\p{L}+ )?kontext/u,
    /(kontext|dokument\p{L}*|quelle\p{L}*|unterlagen|textstellen?|auszüge\p{L}*|auszug) (enthält|enthalten|nennt|nennen|gibt|geben|lässt|lassen|sagt|sagen) (\p{L}+ ){0,4}(keine?n?|nichts?)(?!\p{L})/u,
    /(weiss ich|ich weiss|wissen wir) (\p{L}+ ){0,3}(nicht|keine antwort)/u,
    /(kann ich|ich kann|können wir|wir können|konnte ich|ich konnte) (\p{L}+ ){0,5}(nicht|keine \p{L}+|keine) (\p{L}+ )?(beantworten|finden|sagen|geben)/u,
    /(liegen|habe|haben) (mir |uns |ich |wir |dazu |hierzu |darüber |leider )*keine (\p{L}+ )?(informationen|angaben|daten)/u,
  ],
  fr: [
    /pas dans le contexte/u,
    /(contexte|documents?|sources?|extraits?|textes?)( \p{L}+)? ne (contien|mentionn|précis|indiqu|permet|fourni)/u,
    /je ne (sais|connais) pas/u,
    /(je|nous) n(e |')(peux|puis|pouvons|suis|sommes|dispose|disposons|ai|avons|trouve|trouvons) .{0,40}(répondre|information|réponse|trouver|trouvé)/u,
  ],
  es: [
    /no (está|aparece|figura|se encuentra) en el contexto/u,
    /(contexto|documentos?|fuentes?|textos?)( \p{L}+)? no (contien|mencion|incluy|indic|especific)/u,
    /no (tengo|tenemos|dispongo de|disponemos de|encuentro|encontré|he encontrado) (\p{L}+ ){0,2}(información|datos|respuesta)/u,
    /(^|[ ,])no (lo )?sé(?!\p{L})/u,
    /no (puedo|podemos) (\p{L}+ ){0,2}(responder|contestar|encontrar)/u,
  ],
  it: [
    /non (è|si trova|è presente) nel contesto/u,
    /(contesto|documento|documenti|fonti|testo|testi)( \p{L}+)? non (contien|contengono|menzion|riport|specific)/u,
    /non (ho|abbiamo|trovo|ho trovato|dispongo di) (\p{L}+ ){0,2}(informazioni|dati|risposta|risposte)/u,
    /(^|[ ,])non (lo )?so(?!\p{L})/u,
    /non (posso|possiamo|sono in grado di|riesco a) (\p{L}+ )?(rispondere|trovare)/u,
  ],
  pt: [
    /não (está|consta|aparece) no contexto/u,
    /(contexto|documentos?|fontes?|textos?)( \p{L}+)? não (contém|contêm|mencion|inclu|indica)/u,
    /não (tenho|temos|encontrei|disponho de) (\p{L}+ ){0,2}(informaç|dados|resposta)/u,
    /(^|[ ,])(eu )?não sei(?!\p{L})/u,
    /não (posso|podemos|consigo) (\p{L}+ )?(responder|encontrar)/u,
  ],
  nl: [
    /niet in de (\p{L}+ )?context/u,
    /(context|document\p{L}*|bronnen|bron|tekst|teksten) (bevat|bevatten|vermeldt|vermelden|geeft|geven) (\p{L}+ ){0,3}(geen|niet|niets)(?!\p{L})/u,
    /(weet ik|ik weet) (\p{L}+ ){0,3}niet/u,
    /(kan ik|ik kan|kon ik|ik kon) (\p{L}+ ){0,5}(niet|geen \p{L}+) (\p{L}+ )?(beantwoorden|vinden|geven)/u,
    /ik heb (\p{L}+ ){0,3}geen (\p{L}+ )?(informatie|gegevens)/u,
  ],
  pl: [
    /(nie ma|brak) (\p{L}+ ){0,3}w (\p{L}+ )?kontekście/u,
    /(kontekst|dokument\p{L}*|źródł\p{L}*|tekst\p{L}*|materiał\p{L}*)( \p{L}+)? nie (zawiera|wspomina|podaj|określa)/u,
    /nie (wiem|znam odpowiedzi)(?!\p{L})/u,
    /nie (mam|posiadam|znalazłem|znalazłam|znaleziono|znajduję) (\p{L}+ ){0,2}(informacji|odpowiedzi|danych)/u,
    /nie (mogę|możemy|potrafię|jestem w stanie) (\p{L}+ ){0,3}(odpowiedzieć|znaleźć)/u,
  ],
  ru: [
    /(нет|отсутству\p{L}*) (\p{L}+ ){0,3}в (\p{L}+ )?контексте|в (\p{L}+ )?(контексте|документах|источниках) (\p{L}+ ){0,4}(нет|отсутству|не найден|не указан|не содерж)/u,
    /(контекст|документ|документы|источники|текст)( \p{L}+)? не (содерж|упомина|указыва)/u,
    /(^|[ ,])(я )?не знаю(?!\p{L})/u,
    /(у меня нет|не нашел|не нашла|не найдено|не располагаю) (\p{L}+ ){0,2}(информаци|данн|ответ)/u,
    /не (могу|удалось) (\p{L}+ ){0,3}(ответить|найти)/u,
  ],
  tr: [
    /bağlamda (\p{L}+ ){0,4}(yok|bulunm|yer alm|geçm)/u,
    /(bağlam|belge|kaynak|metin)\p{L}* (\p{L}+ ){0,4}(bilgi|cevap|yanit)\p{L}* (yok|bulunm|içerm|yer alm|verilm)/u,
    /bilmiyor(um|uz)/u,
    /(bilgi|cevap|yanit)\p{L}* (bulamad|bulamiyor|veremiyor|veremem|sahip değil)/u,
    /(cevaplaya|yanitlaya)m/u,
  ],
  ar: [
    /غير (موجود|مذكور|وارد)\p{L}* في (السياق|المستندات|الوثائق|المصادر)/u,
    /(السياق|المستندات|المستند|الوثائق|المصادر|النص)( \p{L}+)? (لا|لم) [يت](حتو|حتوي|ذكر|تضمن|شمل|تطرق)/u,
    /لا [يت](حتوي|ذكر|تضمن|شمل) (السياق|المستند|الوثائق|المصادر|النص)/u,
    /(ليس|ليست|لا توجد|لا تتوفر) (لدي|لدينا)|لم [اأ]جد (\p{L}+ ){0,2}(معلومات|[اإ]جابة)|لا (توجد|تتوفر) معلومات .{0,40}في (السياق|المستندات|الوثائق|المصادر)/u,
    /(^|[ ،])لا [اأ](عرف|علم)(?!\p{L})/u,
    /لا (يمكنني|[اأ]ستطيع) (\p{L}+ )?(ال[اإ]جابة|العثور|[اأ]ن [اأ]جيب)/u,
  ],
  ja: [
    /(コンテキスト|文脈|資料|文書|ドキュメント|情報源|提供された情報|参考情報).{0,40}(含まれて(い)?(ません|ない)|記載(が|は|されて)?(い)?(ありません|ません|ない)|見つかりません|見当たりません|(情報|記述)(は|が)(ありません|ない))/u,
    /(情報|記載|答え|回答)(は|が)見つかりません/u,
    /(お答え|回答)(すること)?(は|が)?(でき(ません|かねます)|いたしかねます)/u,
    /(わかりません|分かりません|存じません)(でした)?[。.!]?\s*$/u,
  ],
  ko: [
    /(문맥|컨텍스트|문서|자료|출처|제공된 정보).{0,40}(없습니다|포함되어 있지 않|나와 있지 않|찾을 수 없|언급되어 있지 않)/u,
    /(모르겠습니다|알 수 없습니다|알지 못합니다)[.!]?\s*$/u,
    /(정보|답변|답)(를|을|이|가)? 찾(을 수 없|지 못)/u,
    /(답변|대답)(을|해)? ?(드릴 수 없|할 수 없|드리기 어렵)/u,
  ],
  zh: [
    /(上下文|文档|文件|资料|文檔|資料|提供的信息|提供的資訊|来源|來源|参考内容).{0,12}(没有|沒有|未|不包含|不含|不包括|并无|並無|找不到)/u,
    /(没有|沒有|未|未能|找不到)(找到)?.{0,4}(相关|相關|有关|有關|关于|關於).{0,20}(信息|資訊|资料|資料|答案|内容|內容)/u,
    /我(也|并)?不(知道|清楚|了解)/u,
    /(无法|無法|不能|没法)(为您|為您|从.{0,12})?(回答|解答|得知|确定|確定)/u,
  ],
};

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Whether an answer begins with a refusal in a language; null when its refusals are not known. */
function refusalIn(language: string): ((answer: string) => boolean) | null {
  const patterns = Object.hasOwn(SAID, language) ? SAID[language] : undefined;
  if (patterns === undefined) return null;
  return (answer) => {
    const text = foldText(answer.trim().slice(0, CHARS)).replaceAll('’', "'");
    const [first = '', second = ''] = [...sentences.segment(text)].map(({ segment }) => segment.trim());
    // "Sorry! I do not know."
    const said = wordTokens(first).length < GREETING ? `${first} ${second}` : first;
    return patterns.some((one) => one.test(said));
  };
}

/**
 * Whether an answer is a refusal by the plan's marks, of which one is enough: a text that the trimmed answer must equal, `/regex/flags`
 * in its first 500 characters, or `language:de` for what is said in that language. An empty one matches nothing.
 * @throws UserError when a pattern cannot be run or a language is not known.
 */
export function refusalMatcher(marks: string | readonly string[]): (answer: string) => boolean {
  const tests = [marks].flat().map(oneMatcher);
  return (answer) => tests.some((test) => test(answer));
}

function oneMatcher(mark: string): (answer: string) => boolean {
  if (mark === '') return () => false;
  const language = /^language:(.*)$/su.exec(mark)?.[1]?.trim().toLowerCase();
  if (language !== undefined) {
    const test = refusalIn(language);
    if (test !== null) return test;
    throw new UserError(`${WHERE}: the refusals of ${JSON.stringify(language.slice(0, 20))} are not known`, {
      hint: `languages: ${Object.keys(SAID).join(', ')}; or write the text of the refusal`,
    });
  }
  const parts = /^\/(.+)\/([a-z]*)$/su.exec(mark);
  if (parts === null) return (answer) => answer.trim() === mark.trim();
  const pattern = compilePattern(parts[1] ?? '', parts[2] ?? '', WHERE);
  return (answer) => pattern.test(answer.slice(0, CHARS));
}
