const BEGIN = '<!-- run: written by `pnpm bench --write` -->';
const END = '<!-- end of run -->';

/** The page with `run` between its two marks. Throws where the marks are not there. Pure. */
export function intoPage(page: string, run: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) throw new Error(`the page lacks the marks ${BEGIN} and ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${run}\n\n${page.slice(to)}`;
}
