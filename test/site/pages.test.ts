/** The table of the site's pages against what is there, and what the site makes of their links, tables and words. */
import MarkdownIt from 'markdown-it';
import { targetOf } from '../../site/links.ts';
import { asText, copies, labelTables, relink, shortCode } from '../../site/markdown.ts';
import { FILES, PAGES, SECTIONS, TOP, placeOf } from '../../site/pages.ts';
import { FILES as ALL, PAGES as MARKDOWN, read } from '../documents/repository.ts';

const isFile = (path: string): boolean => ALL.includes(path);

test('each page of docs/, of adr/ and of the root stands in the table once, and no other does', () => {
  const there = MARKDOWN.filter((path) => /^(?:docs|adr)\/|^[^/]+$/.test(path));
  expect(SECTIONS.flatMap(({ pages }) => pages.map(({ file }) => file)).toSorted()).toEqual(there.toSorted());
});

test('no two pages have one address or one title', () => {
  expect(new Set(FILES.map(placeOf)).size).toBe(FILES.length);
  expect(new Set([...PAGES.values()].map(({ title }) => title)).size).toBe(FILES.length);
});

test('the bar at the top has pages of the table', () => {
  expect(TOP.map(({ file }) => file).filter((file) => !PAGES.has(file))).toEqual([]);
});

test.each([
  ['README.md', 'index.md'],
  ['docs/install.md', 'install.md'],
  ['docs/schemas/README.md', 'schemas/index.md'],
  ['adr/README.md', 'adr/index.md'],
  ['adr/0001-the-house.md', 'adr/0001-the-house.md'],
  ['CODE_OF_CONDUCT.md', 'code-of-conduct.md'],
])('%s stands at %s', (file, place) => expect(placeOf(file)).toBe(place));

test.each([
  ['README.md', 'docs/install.md#check-it', '/install.md#check-it'],
  ['docs/guard.md', '../SECURITY.md', '/security.md'],
  ['docs/guard.md', 'install.md', '/install.md'],
  ['README.md', 'adr/', '/adr/'],
  ['docs/reference.md', 'schemas', '/schemas/'],
  ['docs/schemas/README.md', '../../adr/0001-the-house.md', '/adr/0001-the-house.md'],
  ['docs/schemas/README.md', 'annotation.schema.json', '/files/docs/schemas/annotation.schema.json'],
  ['SECURITY.md', 'manifests/install.yaml', '/files/manifests/install.yaml.txt'],
])('of %s the link %s leads to %s', (from, link, address) => {
  expect(targetOf(link, from, isFile)).toMatchObject({ address });
});

test.each(['#here', 'https://example.com/a.md', 'mailto:a@example.com'])('the link %s stays', (link) => {
  expect(targetOf(link, 'README.md', isFile)).toEqual({ kind: 'untouched' });
});

test.each(['docs/none.md', 'none/', 'docs', '../README.md'])(
  'the link %s, which leads nowhere, ends the build',
  (link) => {
    expect(() => targetOf(link, 'README.md', isFile)).toThrow(`README.md: the link ${link} leads to`);
  },
);

describe('of a page', () => {
  const md = MarkdownIt({ html: true });
  for (const rule of ['text', 'code_inline'] as const) md.renderer.rules[rule] = asText(md.renderer.rules[rule]);
  md.core.ruler.push('labelTables', ({ tokens }) => labelTables(tokens));
  md.core.ruler.push('shortCode', ({ tokens }) => shortCode(tokens));
  md.core.ruler.push('relink', ({ tokens }) => relink(tokens, 'docs/guard.md', isFile));
  const render = (text: string): string => md.render(text).trim();

  test('a link that is called as its file gets the title of the page, another keeps its words', () => {
    expect(
      render('[install.md](install.md) [docs/install.md](install.md) [how](install.md) [adr/](../adr/README.md)'),
    ).toBe(
      '<p><a href="/install.md">Install</a> <a href="/install.md">Install</a> <a href="/install.md">how</a> <a href="/adr/">All decisions</a></p>',
    );
  });

  test('a file that is not a page is copied', () => {
    render('[it](../manifests/install.yaml)');
    expect([...copies]).toContainEqual(expect.objectContaining({ file: 'manifests/install.yaml' }));
  });

  const long = 'A sentence that is longer than what a row of a narrow screen can hold.';
  test('the cells of a table of sentences have the heads of their columns', () => {
    const html = render(`| a | \`b\` | c |\n|-|-|-|\n| 1 | ${long} | |\n`);
    expect(html).toContain('<table class="of-sentences">');
    expect([...html.matchAll(/<td ([^>]*)>/g)].map(([, attributes]) => attributes)).toEqual([
      'data-head="a"',
      'data-head="b"',
      'data-head="c" class="empty"',
    ]);
  });

  test.each([`| a | b |\n|-|-|\n| 1 | ${long} |\n`, '| a | b | c |\n|-|-|-|\n| 1 | 2 | 3 |\n'])(
    'a table of two columns or of short cells stays one: %j',
    (table) => expect(render(table)).not.toContain('of-sentences'),
  );

  test('braces are no expression of the template', () => {
    expect(render('{{ a }} `{{ b }}`')).not.toContain('{{');
  });

  test('long words may be broken behind a sign, short names may not', () => {
    expect(render('AWS_CONTAINER_CREDENTIALS_FULL_URI')).toContain('CONTAINER_<wbr>CREDENTIALS');
    expect(render('`AWS_CONTAINER_CREDENTIALS_FULL_URI`')).toContain('<code>AWS_<wbr>');
    expect(render('`--base-arn`')).toContain('<code class="short">--base-arn</code>');
  });
});

/** Others are left out by GitHub: `<role>` in a text is gone. */
const TAGS = /^(?:<!--[\s\S]*?-->|<\/?(?:img|br|details|summary|sub|sup|kbd)\b[^>]*>|\s)*$/;

test.each(FILES)('%s has no tag that pages leave out', (file) => {
  const tokens = MarkdownIt({ html: true }).parse(read(file), {});
  const html = tokens
    .flatMap((token) => [token, ...(token.children ?? [])])
    .filter(({ type }) => type.startsWith('html_'));
  expect(html.map(({ content }) => content).filter((content) => !TAGS.test(content))).toEqual([]);
});

test('the page of the schemas has each of them', () => {
  const schemas = ALL.filter((path) => /^docs\/schemas\/.*\.json$/.test(path));
  const page = read('docs/schemas/README.md');
  expect(schemas.filter((path) => !page.includes(`](${path.slice('docs/schemas/'.length)})`))).toEqual([]);
});
