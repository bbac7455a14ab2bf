/** VitePress over the pages of the repository as they are, README.md at the front. `npx -y pnpm@10 site` builds dist/site. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { defineConfig } from 'vitepress';
import { asText, copies, labelTables, relink, shortCode, wrapMessages } from '../markdown.ts';
import { FILES, SECTIONS, TOP, addressOf, placeOf, type Page } from '../pages.ts';

const SITE = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(SITE, '..');
const link = ({ file, title }: Page): { text: string; link: string } => ({ text: title, link: addressOf(file) });

/** What VitePress would look for pages in. */
const others = readdirSync(ROOT, { recursive: false, withFileTypes: true }).flatMap((entry) => {
  if (entry.isDirectory()) return ['docs', 'adr'].includes(entry.name) ? [] : [`${entry.name}/**`];
  return entry.name.endsWith('.md') && !FILES.includes(entry.name) ? [entry.name] : [];
});

const icon = readFileSync(join(SITE, 'icon.svg'));

export default defineConfig({
  title: 'rolechain',
  description: 'Any pod assumes an AWS IAM role, by one annotation on its ServiceAccount.',
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `data:image/svg+xml;base64,${icon.toString('base64')}` }],
  ],
  srcDir: '..',
  srcExclude: others,
  outDir: '../dist/site',
  cacheDir: 'node_modules/.vitepress',
  rewrites: Object.fromEntries(FILES.map((file) => [file, placeOf(file)])),
  markdown: {
    // Comments can be read on both grounds, 4.5 to 1 and more; in `github-dark` they cannot.
    theme: { light: 'github-light', dark: 'github-dark-default' },
    // The anchors that GitHub makes, which the pages are written for.
    anchor: { slugify: (text) => new GithubSlugger().slug(text) },
    // An address in a text is none to follow, such as that of the sidecar; those that are stand in brackets.
    linkify: false,
    config: (md) => {
      for (const rule of ['text', 'code_inline'] as const) md.renderer.rules[rule] = asText(md.renderer.rules[rule]);
      md.renderer.rules.fence = wrapMessages(md.renderer.rules.fence);
      // VitePress' own rule leaves attributes out; its tables can be scrolled by keys.
      md.renderer.rules.table_open = (tokens, at, options, _, self) => {
        tokens[at]?.attrSet('tabindex', '0');
        return self.renderToken(tokens, at, options);
      };
      md.core.ruler.push('labelTables', ({ tokens }) => labelTables(tokens));
      md.core.ruler.push('shortCode', ({ tokens }) => shortCode(tokens));
      md.core.ruler.push('relink', ({ env, tokens }) => relink(tokens, fileOf(env), isFile));
    },
  },
  transformPageData: (page) => {
    if (page.filePath === 'README.md') page.frontmatter = { ...page.frontmatter, pageClass: 'front' };
  },
  buildEnd: ({ outDir }) => {
    for (const { file, address } of copies) {
      mkdirSync(dirname(join(outDir, address)), { recursive: true });
      cpSync(join(ROOT, file), join(outDir, address));
    }
  },
  vite: {
    plugins: [
      {
        // Pages become Vue components, and stand outside of the folder that has Vue.
        name: 'vue-of-the-site',
        enforce: 'pre',
        async resolveId(id, importer) {
          const isOutside = importer?.endsWith('.md') === true;
          return isOutside && /^vue(?:$|\/)/.test(id) ? this.resolve(id, join(SITE, 'package.json')) : null;
        },
      },
    ],
  },
  themeConfig: {
    nav: TOP.map(link),
    sidebar: SECTIONS.map(({ title, pages, isFolded }) => ({
      text: title,
      items: pages.map(link),
      ...(isFolded === true ? { collapsed: true } : {}),
    })),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    footer: { message: 'Apache-2.0' },
    externalLinkIcon: true,
  },
});

/** `path` is the address of a page, where it has one of its own; the search gives that of the file, and no `realPath`. */
function fileOf(env: { readonly path: string; readonly realPath?: string }): string {
  return relative(ROOT, env.realPath ?? env.path);
}

function isFile(path: string): boolean {
  return existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile();
}
