/** The completion scripts: bash runs its own; zsh and fish are held to the table of commands. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { COMMANDS } from '@rolechain/cli';
import { runCommand } from './call.ts';

const scriptFor = async (shell: string): Promise<string> => (await runCommand(['completion', shell])).out;

async function completed(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `${await scriptFor('bash')}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _rolechain; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script]);
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash completes commands, options, their values and those of arguments', async () => {
  expect(await completed('rolechain', '')).toEqual([...COMMANDS.map(({ name }) => name), '--help', '--version']);
  expect(await completed('rolechain', 'expl')).toEqual(['explain']);
  expect(await completed('rolechain', 'explain', '--gr')).toEqual(['--graph']);
  expect(await completed('rolechain', 'explain', '--graph', '')).toEqual(['text', 'svg']);
  // A value of an option is no argument.
  expect(await completed('rolechain', 'explain', '-n', 'shop', 'p')).toEqual(['pod', 'po']);
  expect(await completed('rolechain', 'completion', 'z')).toEqual(['zsh']);
  expect(await completed('rolechain', 'explain', '-f', '')).toEqual([]);
});

test.each(['bash', 'zsh', 'fish'])('%s: every command and long option is in it', async (shell) => {
  const script = await scriptFor(shell);
  for (const { name, options } of COMMANDS) {
    expect(script).toContain(name);
    for (const { flags } of options) {
      const long = /--([\w-]+)/.exec(flags)?.[1] ?? '';
      expect(script).toContain(shell === 'fish' ? `-l ${long}` : `--${long}`);
    }
  }
});

test.each(COMMANDS.map(({ name }) => name))('%s --help has an example', async (name) => {
  const { code, out } = await runCommand([name, '--help']);
  expect([code, /\nExamples:\n {2}\S/.test(out)]).toEqual([0, true]);
});
