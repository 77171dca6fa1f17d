/** Text of strangers in a markdown page. */

/** What strangers wrote (names, reasons, texts of gates) gets no line of its own, which could say anything, and no control characters. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/[\t\r\n\u2028\u2029]+/g, ' ')
    .replaceAll(/\p{Cc}\[[\d;]*m|\p{Cc}|\p{Bidi_Control}/gu, '');
}

/** The same in a cell of a table: it holds no element, links and loads nothing behind other words, and calls nobody. */
export function cell(text: string): string {
  return oneLine(text)
    .replaceAll('|', '/')
    .replaceAll(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/\](?=[(:])/g, ']\\')
    .replaceAll(/(?<!\w)@(?=\w)/g, '@\u200B');
}
