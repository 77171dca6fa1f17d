/** Text of strangers in a markdown page. */

/** What strangers wrote (names, reasons, texts of gates) gets no line of its own, which could say anything. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}

/** The same in a cell of a table. */
export function cell(text: string): string {
  return oneLine(text).replaceAll('|', '/').replaceAll('<', '&lt;');
}
