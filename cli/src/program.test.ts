import { Readable } from 'node:stream';
import { CodedError } from '@rolechain/shared';
import { COMMANDS } from './commands.ts';
import { run } from './program.ts';
import type { Call, CommandSpec, Outcome } from './terminal/command.ts';

/** A command that does what a test says. */
function commandOf(act: (call: Call) => Promise<Outcome | undefined>): CommandSpec {
  return {
    name: 'look',
    summary: 'look',
    description: 'Looks.',
    arguments: [{ name: '[what]', description: 'what' }],
    options: [{ flags: '-f, --file <path>', description: 'files', isList: true }],
    asksCluster: false,
    examples: [{ command: 'rolechain look', says: 'looks' }],
    load: () => Promise.resolve({ run: act }),
  };
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function ran(args: readonly string[], commands: readonly CommandSpec[], signal?: AbortSignal): Promise<Ran> {
  const said = { out: '', err: '' };
  const code = await run(
    args,
    {
      stdin: Readable.from([]),
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      env: {},
      cwd: '/',
      now: () => new Date(0),
      hasColours: false,
      signal: signal ?? new AbortController().signal,
    },
    commands,
  );
  return { code, ...said };
}

const outcome = (isFinding: boolean): Outcome => ({
  report: { all: ['well', 1] },
  text: () => 'all is well',
  isFinding,
});

test.each([
  ['text', 'all is well\n'],
  ['json', '{\n  "all": [\n    "well",\n    1\n  ]\n}\n'],
  ['yaml', 'all:\n  - well\n  - 1\n'],
])('an outcome as %s', async (form, out) => {
  const look = commandOf(() => Promise.resolve(outcome(false)));
  expect(await ran(['look', '-o', form], [look])).toEqual({ code: 0, out, err: '' });
});

test('a finding ends with 1', async () => {
  const look = commandOf(() => Promise.resolve(outcome(true)));
  expect((await ran(['look'], [look])).code).toBe(1);
});

test('what cannot be done ends with 2, and is told on standard error with its code and its fix', async () => {
  const look = commandOf(() => Promise.reject(new CodedError('FileUnreadable', 'There is no x.')));
  expect(await ran(['look'], [look])).toEqual({
    code: 2,
    out: '',
    err: 'error FileUnreadable: The file cannot be read. There is no x.\nName a file that is there, or - for standard input.\n',
  });
});

test('a defect ends with 2, and neither its text nor its stack is shown', async () => {
  const look = commandOf(() => Promise.reject(new Error('a secret, perhaps')));
  const { code, out, err } = await ran(['look'], [look]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^error InternalError: /);
  expect(err).not.toMatch(/secret|at .*\.ts/);
});

test('one that is interrupted says nothing of it', async () => {
  const ending = new AbortController();
  const look = commandOf(({ surroundings }) => {
    ending.abort();
    surroundings.signal.throwIfAborted();
    return Promise.resolve(undefined);
  });
  expect(await ran(['look'], [look], ending.signal)).toEqual({ code: 2, out: '', err: '' });
});

test('arguments and options reach the command, one that may be given several times as a list', async () => {
  const calls: Call[] = [];
  const look = commandOf((call) => {
    calls.push(call);
    return Promise.resolve(undefined);
  });
  await ran(['look', 'there', '-f', 'a', '--file', 'b'], [look]);
  expect(calls.map(({ args, options, output }) => [args, options.file, output])).toEqual([
    [['there'], ['a', 'b'], 'text'],
  ]);
});

test.each([
  [['lok'], /unknown command 'lok'\n\(Did you mean look\?\)/],
  [['look', '-x'], /unknown option '-x'/],
  [['look', 'a', 'b'], /too many arguments/],
  [['look', '-o', 'xml'], /Allowed choices are text, json, yaml/],
  [['look', '-f'], /argument missing/],
])('%j is not understood', async (args, message) => {
  const { code, out, err } = await ran(args, [commandOf(() => Promise.resolve(undefined))]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(message);
  // With a code, as what a command itself refuses.
  expect(err).toMatch(/^error UsageInvalid: /);
  expect(err.match(/^error/gm)).toHaveLength(1);
});

test.each(COMMANDS.map(({ name }) => name))('%s --help has an example', async (name) => {
  const { code, out } = await ran([name, '--help'], COMMANDS);
  expect(code).toBe(0);
  expect(out).toMatch(/^Usage: rolechain \S+/);
  expect(out).toMatch(/\nExamples:\n {2}\S/);
});
