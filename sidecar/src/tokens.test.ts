import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempFolder, type TempFolder } from './testing/temp-folder.ts';
import { ensureTokens } from './tokens.ts';

let folder: TempFolder;

beforeEach(() => (folder = makeTempFolder()));
afterEach(() => folder.remove());

const at = (...parts: string[]): string => join(folder.path, ...parts);
/** Roles whose tokens the sidecar makes itself. */
const made = (...roles: string[]): Map<string, undefined> => new Map(roles.map((role) => [role, undefined]));
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a token a role: 32 random bytes, no newline, readable by every user of the folder', () => {
  const before = process.umask(0o077);
  const tokens = ensureTokens(at('deep', 'tokens'), made('default', 'audit'));
  process.umask(before);
  for (const [role, token] of tokens) {
    expect(readFileSync(at('deep', 'tokens', role, 'token'), 'latin1')).toBe(token);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(mode(at('deep', 'tokens', role, 'token'))).toBe('444');
    expect(mode(at('deep', 'tokens', role))).toBe('755');
    expect(readdirSync(at('deep', 'tokens', role))).toEqual(['token']);
  }
  expect([...tokens.keys()]).toEqual(['default', 'audit']);
  expect(new Set(tokens.values()).size).toBe(2);
});

test('after a restart the tokens are the same', () => {
  const first = ensureTokens(folder.path, made('default', 'audit'));
  expect(ensureTokens(folder.path, made('default', 'audit'))).toEqual(first);
});

test.each(['', 'short', `${'a'.repeat(43)}\n`, 'a'.repeat(44), `${'a'.repeat(42)} `])(
  'a file that holds %j is made anew',
  (content) => {
    folder.write('default/token', content);
    const token = ensureTokens(folder.path, made('default')).get('default') ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(at('default', 'token'), 'latin1')).toBe(token);
  },
);

test('what a crash left behind does not matter', () => {
  folder.write('default/token.new', 'half');
  ensureTokens(folder.path, made('default'));
  expect(readdirSync(at('default'))).toEqual(['token']);
});

test('a folder that the kubelet made stays as it is', () => {
  mkdirSync(at('default'), { mode: 0o700 });
  ensureTokens(folder.path, made('default'));
  expect(mode(at('default'))).toBe('700');
});

test('a volume that is not there is a coded error', () => {
  folder.write('file', '');
  expect(() => ensureTokens(at('file'), made('default'))).toThrow(
    expect.objectContaining({
      code: 'TokenUnwritable',
      message: expect.stringMatching(/file\/default\/token: ENOTDIR\.$/),
    }),
  );
  expect(existsSync(at('file', 'default'))).toBe(false);
});

test('a token that the webhook chose counts, whatever stands in the file', () => {
  const chosen = 'c'.repeat(43);
  ensureTokens(folder.path, made('default', 'audit'));
  const tokens = ensureTokens(folder.path, new Map([...made('audit'), ['default', chosen]]));
  expect(tokens.get('default')).toBe(chosen);
  expect(tokens.get('audit')).not.toBe(chosen);
  expect(readFileSync(at('default', 'token'), 'latin1')).toBe(chosen);
});
