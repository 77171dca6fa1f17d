/** A page with the text between two marks replaced. @throws Error when a mark is missing, or the end stands before the begin. */
export function between(page: string, begin: string, end: string, text: string): string {
  const from = page.indexOf(begin);
  const to = from < 0 ? -1 : page.indexOf(end, from + begin.length);
  if (to < 0) throw new Error(`the page has lost its marks: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text.trimEnd()}\n\n${page.slice(to)}`;
}
