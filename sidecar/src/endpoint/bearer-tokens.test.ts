import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';
import { makeTokens, writeTokens, type RoleToken } from './bearer-tokens.ts';

let folder: TempFolder;

beforeEach(() => (folder = makeTempFolder()));
afterEach(() => folder.remove());

const at = (...parts: string[]): string => join(folder.path, ...parts);
/** Roles whose tokens the sidecar makes itself. */
const made = (...roles: string[]): Map<string, undefined> => new Map(roles.map((role) => [role, undefined]));
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** As at each bind. */
function replaceTokens(
  folder: string,
  chosen: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, RoleToken> {
  const tokens = makeTokens(folder, chosen);
  writeTokens(folder, tokens);
  return tokens;
}

test('a token a role: 32 random bytes, no newline, readable by every user of the folder', () => {
  const before = process.umask(0o077);
  const tokens = replaceTokens(at('deep', 'tokens'), made('default', 'audit'));
  process.umask(before);
  for (const [role, { token, replaced }] of tokens) {
    expect(readFileSync(at('deep', 'tokens', role, 'token'), 'latin1')).toBe(token);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(replaced).toBeUndefined();
    expect(mode(at('deep', 'tokens', role, 'token'))).toBe('444');
    expect(mode(at('deep', 'tokens', role))).toBe('755');
    expect(readdirSync(at('deep', 'tokens', role))).toEqual(['token']);
  }
  expect([...tokens.keys()]).toEqual(['default', 'audit']);
  expect(new Set([...tokens.values()].map(({ token }) => token)).size).toBe(2);
});

test('each time they are other ones, in the same folder, which containers have mounted', () => {
  const first = replaceTokens(folder.path, made('default', 'audit'));
  const { ino } = statSync(at('default'));
  const second = replaceTokens(folder.path, made('default', 'audit'));
  for (const role of ['default', 'audit']) {
    const [before, after] = [first.get(role), second.get(role)];
    expect(after?.token).not.toBe(before?.token);
    expect(after?.replaced).toBe(before?.token);
    expect(readFileSync(at(role, 'token'), 'latin1')).toBe(after?.token);
  }
  expect(statSync(at('default')).ino).toBe(ino);
});

test('nothing is written until it is asked for', () => {
  folder.write('default/token', 'a'.repeat(43));
  makeTokens(folder.path, made('default', 'audit'));
  expect(readFileSync(at('default', 'token'), 'latin1')).toBe('a'.repeat(43));
  expect(existsSync(at('audit'))).toBe(false);
});

test.each(['', 'short', `${'a'.repeat(43)}\n`, 'a'.repeat(44), `${'a'.repeat(42)} `, 'a'.repeat(1_000_000)])(
  'a file that holds %j holds no token',
  (content) => {
    folder.write('default/token', content);
    const { token = '', replaced } = replaceTokens(folder.path, made('default')).get('default') ?? {};
    expect(replaced).toBeUndefined();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(at('default', 'token'), 'latin1')).toBe(token);
  },
);

test.each<[string, (path: string) => void]>([
  ['a link', (path) => symlinkSync(at('elsewhere'), path)],
  ['a pipe that nobody writes to', (path) => void spawnSync('mkfifo', [path])],
])('%s in its place is replaced, and not read', (_name, make) => {
  folder.write('elsewhere', 'a'.repeat(43));
  mkdirSync(at('default'));
  make(at('default', 'token'));
  const { token, replaced } = replaceTokens(folder.path, made('default')).get('default') ?? {};
  expect(replaced).toBeUndefined();
  expect(readFileSync(at('default', 'token'), 'latin1')).toBe(token);
  expect(readFileSync(at('elsewhere'), 'latin1')).toBe('a'.repeat(43));
});

test('what a crash left behind does not matter', () => {
  folder.write('default/token.new', 'half');
  replaceTokens(folder.path, made('default'));
  expect(readdirSync(at('default'))).toEqual(['token']);
});

test('a folder that the kubelet made stays as it is', () => {
  mkdirSync(at('default'), { mode: 0o700 });
  replaceTokens(folder.path, made('default'));
  expect(mode(at('default'))).toBe('700');
});

test('a volume that is not there is a coded error', () => {
  folder.write('file', '');
  expect(() => replaceTokens(at('file'), made('default'))).toThrow(
    expect.objectContaining({
      code: 'TokenUnwritable',
      message: expect.stringMatching(/file\/default\/token: ENOTDIR\.$/),
    }),
  );
  expect(existsSync(at('file', 'default'))).toBe(false);
});

test('a token that the webhook chose stays, and replaces what else stands in the file', () => {
  const chosen = 'c'.repeat(43);
  const first = replaceTokens(folder.path, made('default', 'audit'));
  const tokens = replaceTokens(folder.path, new Map([...made('audit'), ['default', chosen]]));
  expect(tokens.get('default')).toEqual({ token: chosen, replaced: first.get('default')?.token });
  expect(tokens.get('audit')?.token).not.toBe(chosen);
  expect(readFileSync(at('default', 'token'), 'latin1')).toBe(chosen);
  expect(replaceTokens(folder.path, new Map([['default', chosen]])).get('default')).toEqual({
    token: chosen,
    replaced: undefined,
  });
});
