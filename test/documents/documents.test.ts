/**
 * What a document names is there: paths, annotations, codes, commands, names, what programs say; and its links lead somewhere.
 * Not held: the meaning of a sentence, and examples in blocks of code but for keys of ours and what is run.
 */
import { posix } from 'node:path';
import { OF_OTHERS, PAGES_OF_OTHERS } from './exceptions.ts';
import { isPath, missingIn, missingInBlock } from './names.ts';
import { FILES, PAGES, read } from './repository.ts';
import { isName, isText, namesIn } from './sources.ts';
import { withoutComments } from './texts.ts';
import { readPage } from './tokens.ts';

const OURS = PAGES.filter((page) => !PAGES_OF_OTHERS.has(page));

test.each(OURS)('%s names nothing that is not there', (page) => {
  const { code, blocks } = readPage(read(page));
  expect([
    ...code.flatMap((one) => missingIn(one, page)),
    ...blocks.flatMap((one) => missingInBlock(one, page)),
  ]).toEqual([]);
});

test.each(OURS)('what %s says to stand in a file stands there', (page) => {
  expect(readPage(read(page)).pairs.filter(({ name, path }) => isPath(path) && !standsIn(name, path))).toEqual([]);
});

test.each(PAGES)('links of %s lead to what is there', (page) => {
  const { links, anchors } = readPage(read(page));
  expect(links.filter((link) => !/^[a-z]+:/.test(link) && !leads(link, page, anchors))).toEqual([]);
});

test.each([
  ['a path', 'webhook/src/no-such-file.ts'],
  ['a path with a line', 'webhook/src/main.ts:12'],
  ['a file by its name', 'no-such-file.yaml'],
  ['a folder', 'webhook/no-such-folder/'],
  ['a folder by its name', 'exporter/'],
  ['an annotation', 'rolechain.io/no-such-key'],
  ['an annotation with its value', 'rolechain.io/request: "false"'],
  ['a code', 'NoSuchCodeAtAll'],
  ['a script', 'npx -y pnpm@10 no-such-script'],
  ['a program', 'node scripts/no-such-script.ts'],
  ['a program in a command', 'bash .ci/walk'],
  ['a path in a command', 'npx -y pnpm@10 test test/guard/no-such'],
  ['a flag', 'node test/floods/main.ts --pods 60'],
  ['a flag of a script', 'demo --short'],
  ['a flag alone', '--no-such-flag-at-all'],
  ['a flag of the command line', 'rolechain explain --pods'],
  ['a name', 'noSuchNameAtAll()'],
  ['a member', 'LIMITS.role'],
  ['a name of known words', 'rolechain-webhook-container'],
  ['a name in comments alone', 'IsQualifiedName'],
  ['a metric', 'rolechain_requests_seconds'],
  ['a variable', 'ROLECHAIN_POD_REGION=eu'],
  ['what a program says', 'serving valid credentials'],
  ['what it says under audit', 'would have served valid credentials'],
  ['an audit annotation', 'pods.rolechain.io/noSuchKeyAtAll'],
])('%s that is not there is found', (_, code) => {
  expect(missingIn(code, 'README.md')).not.toEqual([]);
});

test.each([
  ['yaml', 'annotations:\n  rolechain.io/request: "false"\n', 'rolechain.io/request'],
  ['sh', 'npx -y pnpm@10 exec node \\\n  scripts/no-such-script.ts # one\n', 'scripts/no-such-script.ts'],
  ['sh', 'kubectl apply -k manifests/overlays/no-such\n', 'manifests/overlays/no-such'],
  ['sh', 'npx -y pnpm@10 no-such-script   # one\n', 'no-such-script'],
])('in a block of %s what is not there is found: %j', (language, text, missing) => {
  expect(missingInBlock({ language, text }, 'README.md')).toContain(missing);
});

test('a name that stands in another file is found', () => {
  const { pairs } = readPage('`REASONS` in `shared/src/reasons.ts`, and `REASONS` in\n`shared/src/limits.ts`');
  expect(pairs.map(({ name, path }) => standsIn(name, path))).toEqual([true, false]);
});

test.each(['[a](none.md)', '![a](none.svg)', '[a][none]', '<img src="none.svg">', '[a](README.md#none)', '[a](#none)'])(
  'a link that leads nowhere is found: %s',
  (markdown) => {
    const { links, anchors } = readPage(markdown);
    expect(links.map((link) => leads(link, 'SECURITY.md', anchors))).toEqual([false]);
  },
);

test('a comment is none of the source, and what only looks like one is', () => {
  const source = '/** a */\nconst b = `// c`; // d\nf(/* e */ "/* g */");\n';
  expect(namesIn(withoutComments('x.ts', source))).toEqual(['const', 'b', 'c', 'f', 'g']);
  expect(namesIn(withoutComments('x.yaml', '# a\nb: c\n  # d\n'))).toEqual(['b', 'c']);
});

test('each exception is a name that some page has and no source', () => {
  const code = OURS.flatMap((page) => readPage(read(page)).code).join('\n');
  const isIdle = (name: string): boolean =>
    !code.includes(name) || (name.startsWith('--') ? isText(name) : isName(name));
  expect([...OF_OTHERS].filter(isIdle)).toEqual([]);
});

test('each decision has the next number, and a row in the list', () => {
  const pages = FILES.filter((path) => /^adr\/\d/.test(path)).map((path) => posix.basename(path));
  const rows = [...read('adr/README.md').matchAll(/^\| \[(\d{4})\]\((.*?)\)/gm)].map(([, number, page]) => [
    number,
    page,
  ]);
  expect(rows).toEqual(pages.map((page, index) => [String(index + 1).padStart(4, '0'), page]));
});

function standsIn(name: string, path: string): boolean {
  const files = FILES.filter((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
  return files.some((file) => {
    const names = new Set(namesIn(withoutComments(file, read(file))).flatMap((one) => one.split(/[-.:/]/)));
    return namesIn(name).every((one) => one.split(/[-.:/]/).every((part) => names.has(part)));
  });
}

function leads(link: string, page: string, anchors: ReadonlySet<string>): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!isPath(target)) return false;
  if (anchor === undefined) return true;
  return (path === '' ? anchors : readPage(read(target)).anchors).has(anchor);
}
