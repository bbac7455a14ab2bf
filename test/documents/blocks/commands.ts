/** Whether a command of a page is one: its program, its options and the files that it names. */
import { Readable } from 'node:stream';
import { COMMANDS, run } from '@rolechain/cli';
import { isPath } from '../names.ts';
import { read } from '../repository.ts';
import { commandsIn } from './shell.ts';

const SCRIPTS = (JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }).scripts;

/** Of others, whole: `FILE` is a file of this repository, `WORD` anything. */
const SHAPES = [
  'docker build -f FILE -t WORD .',
  'kubectl get pod WORD -o yaml',
  'kubectl get networkpolicy',
  'kubectl apply -f -',
  'kubectl apply -f FILE',
  'kubectl describe pod WORD',
  'kubectl describe limitrange -n WORD',
  'kubectl logs WORD --container rolechain',
  'kubectl logs deployment/rolechain-webhook --namespace rolechain',
  'kubectl set env deployment/WORD AWS_REGION=WORD',
  'kubectl patch deployment WORD --type merge --patch WORD',
  'kubectl create secret generic WORD --from-literal=WORD',
  'kubectl create secret generic WORD --from-literal=WORD --dry-run=client -o yaml',
  'chronyc tracking',
  'kubectl krew install --manifest=krew.yaml --archive=WORD',
  'npm install --global WORD',
  'npm install --no-save WORD',
  'npx -y pnpm@10 install --frozen-lockfile',
  'source',
  'source <(rolechain completion bash)',
];

/** What a shell writes to, which is not the program's. */
const REDIRECTION = /^(?:\d?>>?|<)(?!\w+>$)/;

/** What is wrong with a block's commands; those of the AWS CLI are left to `awsCommandsIn`. */
export async function problemsInShell(text: string): Promise<string[]> {
  // A script with its interpreter is one program, which a test runs as such.
  if (text.startsWith('#!')) return [];
  const problems = await Promise.all(commandsIn(text).map(problemOf));
  return problems.flatMap((problem) => problem ?? []);
}

/** Those of the AWS CLI, without the program's name. */
export function awsCommandsIn(text: string): string[][] {
  if (text.startsWith('#!')) return [];
  return commandsIn(text).flatMap(([program, ...args]) => (program === 'aws' ? [withoutRedirection(args)] : []));
}

async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const [program = '', ...args] = withoutRedirection(words);
  if (program === 'aws') return undefined;
  if (program === 'rolechain') return problemOfOurs(args);
  // `-s` takes away what pnpm itself says.
  const [yes, pnpm, script = '', ...rest] = program === 'npx' ? args.filter((arg, at) => at !== 2 || arg !== '-s') : [];
  if (yes === '-y' && pnpm === 'pnpm@10') {
    if (script === 'rolechain') return problemOfOurs(rest);
    if (Object.hasOwn(SCRIPTS, script)) return undefined;
  }
  return SHAPES.some((shape) => hasShape(words, shape.split(' '))) ? undefined : `no known command: ${words.join(' ')}`;
}

function hasShape(words: readonly string[], shape: readonly string[]): boolean {
  // One that is quoted for the shell stands as one word there.
  const all = words.flatMap((word) => word.split(' '));
  return (
    all.length === shape.length &&
    shape.every((part, index) => {
      const word = all[index] ?? '';
      if (part === 'FILE') return isPath(word);
      const [start = '', rest] = part.split('WORD');
      return rest === undefined ? word === part : word.startsWith(start) && word !== start;
    })
  );
}

/** Read by the command line itself, which then does nothing. */
async function problemOfOurs(args: readonly string[]): Promise<string | undefined> {
  // `[options]` stands for some.
  const given = args.filter((arg) => !/^\[.*\]$|^<.*>$/.test(arg));
  if (given.length === 1 && given.length < args.length) return undefined;
  let said = '';
  const idle = COMMANDS.map((command) => ({
    ...command,
    load: () => Promise.resolve({ run: () => Promise.resolve(undefined) }),
  }));
  const surroundings = {
    ...{ stdin: Readable.from([]), out: () => undefined, err: (text: string) => (said += text), env: {} },
    ...{ cwd: '/', now: () => new Date(0), hasColours: false, signal: new AbortController().signal },
  };
  const code = await run(given, surroundings, idle);
  return code === 0 ? undefined : `rolechain ${args.join(' ')}: ${said}`;
}

function withoutRedirection(words: readonly string[]): string[] {
  return words.filter((word, index) => !REDIRECTION.test(word) && !/^\d?>>?$|^<$/.test(words[index - 1] ?? ''));
}
