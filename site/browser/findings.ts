/** What is looked for on a page in the browser. Each finding is one line. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'puppeteer-core';

export const WIDTHS = [390, 1440];
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

/** `withContrast` takes a second on a page of a thousand cells. */
export async function lookAt(browser: Browser, address: string, withContrast: boolean): Promise<Looked> {
  const { origin } = new URL(address);
  const findings = new Set<string>();
  const tab = await browser.newPage();
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
  try {
    for (const width of WIDTHS) {
      await tab.setViewport({ width, height: 900 });
      if (width === WIDTHS[0]) {
        await tab.goto(address, { waitUntil: 'load' });
        // Scripts come and run after that.
        await tab.waitForNetworkIdle({ idleTime: 100 });
      }
      for (const found of await tooWide(tab)) findings.add(`wider than ${width} px: ${found}`);
    }
    if (withContrast)
      for (const value of ['light', 'dark']) {
        await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
        await tab.waitForFunction(hasScheme, {}, value);
        for (const found of await ofAxe(tab)) findings.add(`${value}: ${found}`);
      }
    const links = await tab.$$eval('a[href]', (all) => all.map((one) => (one as HTMLAnchorElement).href));
    const ids = await tab.$$eval('[id]', (all) => all.map((one) => one.id));
    return { findings: [...findings], links: links.filter((link) => link.startsWith(`${origin}/`)), ids };
  } finally {
    await tab.close();
  }
}

/** VitePress sets a class when the system's scheme changes, and a page of another make has none. */
function hasScheme(scheme: string): boolean {
  const isSites = document.querySelector('.Layout') !== null;
  return !isSites || document.documentElement.classList.contains('dark') === (scheme === 'dark');
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
