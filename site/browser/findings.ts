/** What is looked for on a page in the browser. Each finding is one line. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'puppeteer-core';

const WIDTHS = [390, 1440];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** https://dequeuniversity.com/rules/axe: contrast as WCAG 2 AA has it, names of links and buttons, order of headings. */
const RULES = [
  'color-contrast',
  'link-name',
  'button-name',
  'image-alt',
  'duplicate-id',
  'document-title',
  'html-has-lang',
];

export interface Looked {
  readonly findings: readonly string[];
  /** Addresses that the page leads to on its own host. */
  readonly links: readonly string[];
  readonly ids: readonly string[];
}

/** A tab that shows the page, for `body`, and is closed behind it. */
async function within<Result>(
  browser: Browser,
  address: string,
  before: (tab: Page) => Promise<unknown>,
  body: (tab: Page) => Promise<Result>,
): Promise<Result> {
  const tab = await browser.newPage();
  // What hangs is ended from outside; a slow machine is not a finding.
  tab.setDefaultTimeout(0);
  try {
    await before(tab);
    await tab.goto(address, { waitUntil: 'load' });
    // Scripts come and run after that.
    await tab.waitForNetworkIdle({ idleTime: 100 });
    return await body(tab);
  } finally {
    await tab.close();
  }
}

export async function lookAt(browser: Browser, address: string): Promise<Looked> {
  const { origin } = new URL(address);
  const findings = new Set<string>();
  const listen = async (tab: Page): Promise<void> => {
    tab.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) findings.add(`asks another host: ${url}`);
    });
    tab.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) findings.add(`console: ${message.text()}`);
    });
    tab.on('pageerror', (error) => findings.add(`error: ${String(error)}`));
    tab.on('response', (response) => {
      if (response.status() >= 400) findings.add(`answers ${response.status()}: ${response.url()}`);
    });
    await tab.setViewport({ width: 390, height: 900 });
  };
  return within(browser, address, listen, async (tab) => {
    for (const width of WIDTHS) {
      await tab.setViewport({ width, height: 900 });
      for (const found of await tooWide(tab)) findings.add(`wider than ${width} px: ${found}`);
    }
    const links = await tab.$$eval('a[href]', (all) => all.map((one) => (one as HTMLAnchorElement).href));
    const ids = await tab.$$eval('[id]', (all) => all.map((one) => one.id));
    return { findings: [...findings], links: links.filter((link) => link.startsWith(`${origin}/`)), ids };
  });
}

/** A page of a thousand cells takes a second. A tab for each scheme: one in the background is not told of a change. */
export async function axeFindings(browser: Browser, address: string): Promise<string[]> {
  const found: string[] = [];
  for (const value of ['light', 'dark']) {
    const choose = (tab: Page): Promise<void> => tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    for (const one of await within(browser, address, choose, ofAxe)) found.push(`${value}: ${one}`);
  }
  return found;
}

/** The page itself is scrolled to the side; with what sticks out. */
function tooWide(tab: Page): Promise<string[]> {
  return tab.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('main *')].filter(
      (one) => one.getBoundingClientRect().right > clientWidth,
    );
    return [`${scrollWidth} px, by ${wide[0]?.outerHTML.slice(0, 80) ?? 'what is not in the text'}`];
  });
}

async function ofAxe(tab: Page): Promise<string[]> {
  await tab.evaluate(AXE);
  const results = await tab.evaluate(
    (rules) => (window as unknown as { axe: typeof import('axe-core') }).axe.run(document, { runOnly: rules }),
    RULES,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${html.slice(0, 80)}: ${any[0]?.message ?? ''}`),
  );
}
