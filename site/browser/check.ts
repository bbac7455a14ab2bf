/**
 * Looks at each page below a folder in the browser and prints what was seen as JSON (../report.ts): `node browser/check.ts FOLDER`.
 * Pages that `--contrast` names are held against axe's rules as well.
 */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Report } from '../report.ts';
import { lookAt, type Looked } from './findings.ts';
import { serveFolder } from './serve.ts';
import { startChromium } from './start.ts';

/** Tabs at a time. */
const TABS = 3;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { contrast: { type: 'string', multiple: true, default: [] } },
});
const folder = resolve(positionals[0] ?? '../dist/site');
const pages = globSync('**/*.html', { cwd: folder, exclude: ['404.html'] }).toSorted();

await using site = await serveFolder(folder);
const { origin } = site;
const looked = await lookAtAll();
const answers = new Map<string, Promise<boolean>>();
const report: Record<string, Report[string]> = {};
for (const name of pages) {
  const { findings, links } = looked.get(name) as Looked;
  const dead: string[] = [];
  for (const link of new Set(links)) if (!(await leads(link))) dead.push(`dead: ${link.slice(origin.length)}`);
  report[name] = { findings: [...findings, ...dead], links: [...new Set(links.map((link) => new URL(link).pathname))] };
}
console.log(JSON.stringify(report));

async function lookAtAll(): Promise<ReadonlyMap<string, Looked>> {
  const browser = await startChromium();
  const all = new Map<string, Looked>();
  const waiting = [...pages];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      all.set(name, await lookAt(browser, `${origin}/${name}`, values.contrast.includes(name)));
  };
  try {
    await Promise.all(Array.from({ length: TABS }, work));
  } finally {
    await browser.close();
  }
  return all;
}

/** A page of the folder has the anchor, anything else is served. */
async function leads(link: string): Promise<boolean> {
  const { pathname, hash } = new URL(link);
  const target = looked.get(decodeURIComponent(pathname.slice(1).replace(/^$|\/$/, '$&index.html')));
  if (target) return hash === '' || target.ids.includes(decodeURIComponent(hash.slice(1)));
  const answer = answers.get(pathname) ?? fetch(origin + pathname).then(({ ok }) => ok);
  answers.set(pathname, answer);
  return answer;
}
