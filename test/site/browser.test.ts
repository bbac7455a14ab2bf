/** The built site in a real browser: dist/site, which scripts/test.ts builds before (test/site/prepare.ts). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { ROOT } from '../../scripts/build/root.ts';
import { NO_CHROMIUM, findChromium } from '../../site/chromium.ts';
import { FILES, addressOf, placeOf } from '../../site/pages.ts';
import type { Report } from '../../site/report.ts';
import { lookAtPages } from './look.ts';
import './prepare.ts';

const browser: string | Absent = findChromium() ?? { reason: NO_CHROMIUM };
const PAGES = FILES.map((file) => placeOf(file).replace(/md$/, 'html'));
/** Of each kind one: tables, code, both, and a drawing. A page of a thousand cells takes seconds. */
const CONTRAST = ['index.html', 'reference.html', 'errors.html', 'policies.html'];

describeWhen(
  'the site in the browser',
  browser,
  () => {
    let seen: Report;
    beforeAll(async () => {
      seen = await lookAtPages(join(ROOT, 'dist/site'), CONTRAST);
    });

    test('has each page of the table, and no other', () => {
      expect(Object.keys(seen).toSorted()).toEqual(PAGES.toSorted());
    });

    test('no page is wider than its window, asks another host, has an error, a dead link or text too pale', () => {
      const found = Object.entries(seen).filter(([, { findings }]) => findings.length > 0);
      expect(Object.fromEntries(found.map(([page, { findings }]) => [page, findings]))).toEqual({});
    });

    test('each page leads to each other by its sidebar', () => {
      const missing = Object.entries(seen).map(([page, { links }]) => [
        page,
        FILES.filter((file) => !links.includes(addressOf(file).replace(/md$/, 'html'))),
      ]);
      expect(Object.fromEntries(missing)).toEqual(Object.fromEntries(PAGES.map((page) => [page, []])));
    });

    const BROKEN: readonly (readonly [string, string, RegExp])[] = [
      ['a wide page', '<main><p style="width: 3000px">wide</p></main>', /^wider than 390 px: .*<p style/],
      ['a page that is wide on a narrow screen', '<p style="width: 500px">wide</p>', /^wider than 390 px/],
      [
        'another host',
        '<img alt="" src="http://127.0.0.2:9/x.png">',
        /^asks another host: http:\/\/127\.0\.0\.2:9\/x\.png$/,
      ],
      ['an error', '<script>throw new Error("broken")</script>', /^error: .*broken/],
      ['a message', '<script>console.error("broken")</script>', /^console: broken$/],
      ['a missing file', '<script src="none.js"></script>', /^answers 404: .*none\.js$/],
      ['a dead link', '<a href="none.html">none</a>', /^dead: \/none\.html$/],
      ['a dead anchor', '<a href="page-0.html#none">none</a>', /^dead: \/page-0\.html#none$/],
      ['pale text', '<p style="color: #999; background: #fff">pale</p>', /^light: color-contrast/],
      [
        'text that is pale in the dark alone',
        '<style>@media (prefers-color-scheme: dark) { p { color: #555; background: #000 } }</style><p>pale</p>',
        /^dark: color-contrast/,
      ],
      ['a picture without words', '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', /image-alt/],
    ];

    test('each of these is found where it is there, and nothing on a page that is right', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'rolechain-site-'));
      const names = BROKEN.map((_, at) => `page-${at}.html`);
      const page = (body: string): string =>
        `<!doctype html><html lang="en"><head><title>t</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;
      try {
        for (const [at, [, body]] of BROKEN.entries()) writeFileSync(join(folder, names[at]!), page(body));
        writeFileSync(join(folder, 'right.html'), page('<main><p id="a">right</p><a href="#a">a</a></main>'));
        const report = await lookAtPages(folder, [...names, 'right.html']);
        expect(report['right.html']?.findings).toEqual([]);
        const found = BROKEN.map(([what, , finding], at) => [
          what,
          report[names[at]!]!.findings.some((one) => finding.test(one)),
        ]);
        expect(found).toEqual(BROKEN.map(([what]) => [what, true]));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
  '',
);
