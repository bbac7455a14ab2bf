/**
 * What a document puts between backticks exists: paths, annotations, codes, commands, names; and its links lead somewhere.
 * Not held: the meaning of a sentence, and blocks of code.
 */
import { matchesGlob, posix } from 'node:path';
import { ANNOTATIONS, ANNOTATION_PREFIX, ERRORS, REASONS } from '@rolechain/shared';
import { FILES, FOLDERS, PAGES, read, WORDS, wordsOf } from './repository.ts';
import { braces, readPage } from './tokens.ts';

/** Names of other programs that stand in no source of ours. */
const OTHERS = new Set([
  'Age', // a header of HTTP
  'TagRole', // IAM
  'apiserver_validating_admission_policy_check_total', // kube-apiserver's metrics
  'enforcement_action',
  'kubeadm',
  'turbofan', // V8's options that were measured and not taken
  'sparkplug',
  'jitless',
  'MALLOC_MMAP_THRESHOLD_', // glibc
  'fargate', // EKS
  'sandbox', // the ServiceAccount of an example
  'mutatingwebhookconfiguration', // kubectl takes any case
  'validatingadmissionpolicybinding',
]);
/** Where the documents of other repositories come from: its paths are theirs. And the words that are not to be written. */
const OF_OTHERS = new Set(['test/corpora/SOURCES.md', 'docs/style.md']);
/** What a recipe tells its reader to make. */
const TO_MAKE = new Set(['YourCode', 'x.test.ts']);
/** Labels under our prefix, which are no annotations (contract, "When the webhook is down"). */
const LABELS = new Set(['rolechain.io/enabled']);
/** Made by a command, not kept. */
const MADE = read('.gitignore').trim().split('\n');

const KEYS = new Set<string>([...Object.values(ANNOTATIONS).map(({ key }) => key), ...LABELS]);
const CODES = new Set([...Object.keys(ERRORS), ...Object.keys(REASONS)]);
const SCRIPTS = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
const PNPM = ['install', 'exec', 'add', 'audit'];
const TOP = new Set(FILES.map((path) => path.split('/')[0] ?? ''));

test.each(PAGES.filter((page) => !OF_OTHERS.has(page)))('%s names nothing that is not there', (page) => {
  const missing = readPage(read(page)).code.filter((code) => !isThere(code, page));
  expect(missing).toEqual([]);
});

test.each(PAGES)('links of %s lead to what is there', (page) => {
  const { links, anchors } = readPage(read(page));
  expect(links.filter((link) => !/^[a-z]+:/.test(link) && !leads(link, page, anchors))).toEqual([]);
});

test.each([
  ['a path', 'webhook/src/no-such-file.ts'],
  ['a file by its name', 'no-such-file.yaml'],
  ['a folder', 'webhook/no-such-folder/'],
  ['an annotation', 'rolechain.io/no-such-key'],
  ['a code', 'NoSuchCodeAtAll'],
  ['a script', 'npx -y pnpm@10 no-such-script'],
  ['a program', 'node scripts/no-such-script.ts'],
  ['a name', 'noSuchNameAtAll()'],
])('%s that is not there is found', (_, code) => {
  expect(isThere(code, 'README.md')).toBe(false);
});

function isThere(code: string, page: string): boolean {
  const first = code.split('/')[0] ?? '';
  if (code.startsWith(ANNOTATION_PREFIX) && !code.includes(' ')) return braces(code).every(isKey);
  if (/^[\w.-]+(?:\/[\w.*{},-]+)+\/?$/.test(code) && TOP.has(first)) return braces(code).every(isPath);
  if (/^[\w.-]+\.(?:[cm]?[jt]s|ya?ml|md|mod)$/.test(code))
    return isToMake(code, page) || FILES.some((file) => posix.basename(file) === code);
  const script = /^(?:npx -y )?pnpm(?:@10)? (?:run )?(\S+)/.exec(code)?.[1];
  if (script !== undefined && !SCRIPTS.includes(script) && !PNPM.includes(script)) return false;
  const program = /^node (?:--\S+ )*(\S+\.[cm]?[jt]s)\b/.exec(code)?.[1];
  if (program !== undefined && !isPath(program)) return false;
  return wordsOf(code).every((word) => WORDS.has(word) || CODES.has(word) || OTHERS.has(word) || isToMake(word, page));
}

function isToMake(name: string, page: string): boolean {
  return page === 'CONTRIBUTING.md' && TO_MAKE.has(name);
}

/** `rolechain.io/sidecar-…` stands for all that begin so. */
function isKey(key: string): boolean {
  const [start = '', rest] = key.split(/[*…]$/);
  return rest === undefined
    ? KEYS.has(key) || key === ANNOTATION_PREFIX
    : [...KEYS].some((one) => one.startsWith(start));
}

function isPath(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  if (MADE.includes(plain.split('/')[0] ?? '')) return true;
  if (plain.includes('*')) return FILES.some((file) => matchesGlob(file, plain));
  return FOLDERS.has(plain) || FILES.includes(plain);
}

function leads(link: string, page: string, anchors: ReadonlySet<string>): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!isPath(target)) return false;
  if (anchor === undefined) return true;
  return (path === '' ? anchors : readPage(read(target)).anchors).has(anchor);
}
