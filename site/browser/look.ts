/**
 * Screenshots of the built site, to be looked at: `npx -y pnpm@10 site:look [PAGE...]`. Each page dark and light, narrow
 * and wide; without pages those of LOOKED_AT. They go to dist/site-shots.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChromium } from './start.ts';
import { serveFolder } from './serve.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const LOOKED_AT = ['index', 'reference', 'errors', 'install', 'policies', 'adr/index'];
const WIDTHS = { narrow: 390, wide: 1440 };
/** Higher ones are cut: a page of tables has 40,000 pixels. */
const HIGHEST = 2400;

const pages = process.argv.slice(2);
const folder = join(DIST, 'site-shots');
mkdirSync(folder, { recursive: true });
await using site = await serveFolder(join(DIST, 'site'));
const browser = await startChromium();
try {
  for (const name of pages.length > 0 ? pages : LOOKED_AT)
    for (const [width, pixels] of Object.entries(WIDTHS))
      for (const scheme of ['light', 'dark']) await shoot(name, width, pixels, scheme);
} finally {
  await browser.close();
}

async function shoot(name: string, width: string, pixels: number, scheme: string): Promise<void> {
  const [file = '', anchor] = name.split('#');
  const tab = await browser.newPage();
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await tab.setViewport({ width: pixels, height: 900 });
  await tab.goto(`${site.origin}/${file}.html${anchor === undefined ? '' : `#${anchor}`}`, {
    waitUntil: 'networkidle0',
  });
  const height = await tab.evaluate(() => document.documentElement.scrollHeight);
  const path = join(folder, `${name.replaceAll(/[/#]/g, '-')}-${width}-${scheme}.png`);
  if (anchor === undefined) await tab.setViewport({ width: pixels, height: Math.min(height, HIGHEST) });
  await tab.screenshot({ path: path as `${string}.png` });
  await tab.close();
  console.log(path);
}
