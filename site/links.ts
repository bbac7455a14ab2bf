/**
 * Pages link to each other, and to other files of the repository, as GitHub takes it: relative to their own file. On the
 * site a page has another address, and a file that isn't a page is copied beside them.
 */
import { posix } from 'node:path';
import { PAGES, addressOf } from './pages.ts';

/** Of files that aren't pages, below the site. As text: browsers show it, whatever the web server makes of `.ts`. */
const COPIES = 'files';

export type Target =
  /** `names` are what it is called where its file is meant. */
  | { readonly kind: 'page'; readonly address: string; readonly title: string; readonly names: readonly string[] }
  | { readonly kind: 'copy'; readonly address: string; readonly file: string }
  | { readonly kind: 'untouched' };

/** Where a link of a page leads on the site. Throws where nothing is there: a dead link ends the build. */
export function targetOf(link: string, from: string, isFile: (path: string) => boolean): Target {
  if (link.startsWith('#') || /^[a-z]+:/i.test(link)) return { kind: 'untouched' };
  const [path = '', anchor] = link.split('#');
  const file = posix.join(posix.dirname(from), path).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  // GitHub shows a folder with its README below.
  const page = [file, posix.join(file, 'README.md')].map((one) => PAGES.get(one)).find((one) => one !== undefined);
  if (page !== undefined) {
    const names = [page.file, posix.basename(page.file), page.file.replace(/README\.md$/, '')];
    return { kind: 'page', address: addressOf(page.file) + hash, title: page.title, names };
  }
  if (isFile(file)) {
    const name = file.endsWith('.json') ? file : `${file}.txt`;
    return { kind: 'copy', address: `/${COPIES}/${name}`, file };
  }
  throw new Error(`${from}: the link ${link} leads to ${file}, which is neither a page of the site nor a file`);
}
