/** With the command that writes it. */
const BEGIN = /<!-- run: written by `[^`]+` -->/;
const END = '<!-- end of run -->';

/** The page with `run` between its two marks. Throws where the marks are not there. Pure. */
export function intoPage(page: string, run: string): string {
  const begin = BEGIN.exec(page);
  const to = page.indexOf(END);
  if (begin === null || to < begin.index) throw new Error(`the page lacks the marks ${BEGIN.source} and ${END}`);
  return `${page.slice(0, begin.index + begin[0].length)}\n\n${run}\n\n${page.slice(to)}`;
}
