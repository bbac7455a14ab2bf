/** Whether what a document puts between backticks, or into a block of code, is there. */
import { matchesGlob, posix } from 'node:path';
import { ANNOTATIONS, ANNOTATION_PREFIX, ERRORS, REASONS } from '@rolechain/shared';
import { MISTYPED, OF_OTHERS, TO_MAKE } from './exceptions.ts';
import { FILES, FOLDERS, read } from './repository.ts';
import { isName, isText, namesIn } from './sources.ts';
import { braces, type Block } from './tokens.ts';

/** Labels under our prefix, which are no annotations (contract, "When the webhook is down"; adr/0011, one that was not taken). */
const LABELS = ['rolechain.io/enabled', 'rolechain.io/external-id'];
const KEYS = new Set<string>([...Object.values(ANNOTATIONS).map(({ key }) => key), ...LABELS]);
const CODES = new Set([...Object.keys(ERRORS), ...Object.keys(REASONS)]);
/** Made by a command, not kept. */
const MADE = read('.gitignore').replaceAll('/\n', '\n').trim().split('\n');
const TOP = new Set(FILES.map((path) => path.split('/')[0] ?? ''));

const SCRIPTS = (JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }).scripts;
const PNPM = ['install', 'exec', 'add', 'audit'];
/** Programs of others; what follows is for them. */
const PROGRAMS = ['kubectl', 'kubeadm', 'aws', 'docker', 'npx', 'pnpm', 'node', 'bash'];

/** Before what the webhook says under `mode: audit` (webhook/src/endpoint/server.ts). */
const UNDER_AUDIT = /^would have /;
/** The apiserver puts the webhook's name before the key of an audit annotation (admission/v1, AuditAnnotations). */
const AUDITED = /^pods\.rolechain\.io\//;

/** What of a text between backticks is not there; a page may name files that stand beside it. */
export function missingIn(code: string, page: string): readonly string[] {
  if (isPathLike(code)) return braces(code).filter((path) => !isPath(path));
  if (/^[\w.-]+\.(?:[cm]?[jt]s|ya?ml|md|mod)$/.test(code)) return isFileName(code, page) ? [] : [code];
  const isFolder = /^[\w.-]+\/$/.test(code) && !isFolderName(code) && !isText(code);
  return [
    ...(isFolder ? [code] : []),
    ...missingKeys(code, page),
    ...missingInCommand(code),
    ...(isSentence(code) && !isText(code.replace(UNDER_AUDIT, '')) ? [code] : []),
    ...namesIn(code).filter((name) => !isThere(name, page)),
  ];
}

/** The same of a block of code: keys of ours, and what is run. The rest is an example. */
export function missingInBlock({ language, text }: Block, page: string): readonly string[] {
  const keys = missingKeys(text, page);
  if (language !== 'sh') return keys;
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return [...keys, ...lines.flatMap((line) => missingInCommand(line.replace(/(?:^|\s)#.*$/, '').trim()))];
}

function isThere(whole: string, page: string): boolean {
  const name = whole.replace(AUDITED, '');
  // Keys and paths are looked for as such.
  const isOurs = isName(name) || CODES.has(name) || isPathLike(name) || name.startsWith(ANNOTATION_PREFIX);
  return isOurs || !/[a-z]/i.test(name) || OF_OTHERS.has(name) || isToMake(name, page);
}

/** Of a log or message: words alone. */
function isSentence(code: string): boolean {
  const [first = ''] = code.split(' ');
  const isCommand = PROGRAMS.includes(first) || Object.hasOwn(SCRIPTS, first);
  return /^[a-z']+(?: [a-z']+)+$/.test(code) && !isCommand;
}

function isToMake(name: string, page: string): boolean {
  return page === 'CONTRIBUTING.md' && TO_MAKE.has(name);
}

/** Keys of ours, in whatever they stand: `rolechain.io/inject: "false"`. */
function missingKeys(code: string, page: string): string[] {
  // Not the path of a mount.
  const keys = code.match(/(?<![\w./-])rolechain\.io\/[\w{},*…-]*/g) ?? [];
  // `kubectl annotate` takes one away by a dash behind it; a sentence may go on behind a comma.
  const named = keys.flatMap(braces).map((key) => key.replace(/[-,]$/, ''));
  return named.filter((key) => !isKey(key) && !isToMake(key, page) && !MISTYPED.has(key));
}

/** `rolechain.io/sidecar-…` stands for all that begin so. */
function isKey(key: string): boolean {
  const [start = '', rest] = key.split(/[*…]$/);
  return rest === undefined
    ? KEYS.has(key) || key === ANNOTATION_PREFIX
    : [...KEYS].some((one) => one.startsWith(start));
}

/** Scripts, programs, their flags and the paths that are given to them. */
function missingInCommand(line: string): string[] {
  const script =
    /(?:^|\s)pnpm(?:@10)? (?:-s )?(?:run )?([\w:-]+)/.exec(line)?.[1] ?? /^[\w:]+(?= )/.exec(line)?.[0] ?? '';
  const isUnknown = /(?:^|\s)pnpm(?:@10)? /.test(line) && !Object.hasOwn(SCRIPTS, script) && !PNPM.includes(script);
  const command = Object.hasOwn(SCRIPTS, script) ? (SCRIPTS[script] ?? '') : line;
  const program = /(?:^|\s)(?:node|bash) (?:--\S+ )*([\w./-]+)/.exec(command)?.[1];
  // What the command line prints, other programs take.
  const own = program === COMMAND_LINE ? (line.split(/[|)]/)[0] ?? '') : line;
  const flags = [...own.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)].map(([, flag = '']) => flag);
  const isRun = program !== undefined && FILES.includes(program);
  // Those of jest and of other programs are not ours.
  const free = isRun ? program === 'scripts/test.ts' : !line.startsWith('--');
  const paths = namesIn(line).filter((name) => name.includes('/') && TOP.has(name.split('/')[0] ?? ''));
  return [
    ...(isUnknown ? [script] : []),
    ...(program === undefined || isRun || !TOP.has(program.split('/')[0] ?? '') ? [] : [program]),
    ...(free ? [] : flags.filter((flag) => !isFlag(flag, isRun ? program : undefined)).map((flag) => `--${flag}`)),
    // A test is named by the beginning of its path, too.
    ...paths.filter((path) => !isPath(path) && !FILES.some((file) => file.startsWith(path))),
  ];
}

const COMMAND_LINE = 'cli/src/main.ts';
/** Where its options stand. */
const COMMANDS = FILES.filter((path) => /^cli\/src\/(?:.*\.spec|program|.*options)\.ts$/.test(path));

/** A flag that a program parses, or that stands in a source for another. */
function isFlag(flag: string, program: string | undefined): boolean {
  const option = new RegExp(`(?<![\\w-])(?:--${flag}(?![\\w-])|'?${flag}'?: \\{ type: ')`);
  if (program === COMMAND_LINE) return flag === 'help' || COMMANDS.some((path) => option.test(read(path)));
  if (program !== undefined) return option.test(read(program));
  return (
    isText(`--${flag}`) || OF_OTHERS.has(`--${flag}`) || FILES.some((path) => isMain(path) && option.test(read(path)))
  );
}

function isMain(path: string): boolean {
  return /\.m?[jt]s$/.test(path) && read(path).includes('parseArgs(');
}

function isPathLike(code: string): boolean {
  return /^[\w.-]+(?:\/[\w.*{},-]+)+\/?$/.test(code) && TOP.has(code.split('/')[0] ?? '');
}

function isFileName(name: string, page: string): boolean {
  return isToMake(name, page) || FILES.some((file) => posix.basename(file) === name);
}

function isFolderName(name: string): boolean {
  return [...FOLDERS].some((folder) => `${posix.basename(folder)}/` === name);
}

export function isPath(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  if (plain.split('/').some((part) => MADE.includes(part))) return true;
  if (plain.includes('*')) return FILES.some((file) => matchesGlob(file, plain));
  return FOLDERS.has(plain) || FILES.includes(plain);
}
