/** The code cache as the image has it: used where it fits, and only time is lost where it doesn't. Real processes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV, SIDECAR_START } from '@rolechain/shared';
import { saidOfCodeCache } from '../../scripts/build/said-of-code-cache.ts';
import { buildSidecar } from '../../scripts/build/sidecar.ts';
import { heard } from '@rolechain/kit/record.ts';

/** Written to standard error when the process ends: how the loader says that the program was loaded. */
const TELL = "process.on('exit', () => process._rawDebug('use', globalThis[Symbol.for('rolechain.codeCacheUse')]));";

let built: string;
let folder: string;
const cache = (): string => join(folder, 'sidecar-program.cache');
const program = (): string => join(folder, 'sidecar-program.cjs');

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'rolechain-cache-'));
  await buildSidecar(built);
});
afterAll(() => rmSync(built, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-cache-'));
  for (const name of ['sidecar.cjs', 'sidecar-program.cjs', 'sidecar-program.cache'])
    cpSync(join(built, name), join(folder, name));
  writeFileSync(join(folder, 'tell.cjs'), TELL);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  /** The program has none of its variables: it says so and ends with 2, if it is whole. */
  readonly status: number | null;
  readonly said: string;
  readonly use: string | undefined;
}

function start(...flags: readonly string[]): Run {
  const args = [...SIDECAR_START.flags, ...flags, '--require', join(folder, 'tell.cjs'), join(folder, 'sidecar.cjs')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: {} });
  heard('output of the sidecar', stdout + stderr);
  const [said = '', use] = stderr.split(/^use /m).map((part) => part.trim());
  return { status, said, use };
}

const WHOLE = { status: 2, said: expect.stringMatching(/^ConfigInvalid: ROLECHAIN_CONFIG is missing/) as string };

/** Requires ahead of a program: the first server that it makes, which stands in for AWS, answers late. */
const LATE = `const http = require('node:http');
const { createServer } = http;
http.createServer = (listener) => {
  http.createServer = createServer;
  return createServer((request, response) => setTimeout(() => listener(request, response), 1500));
};`;

test('one that was made on a slow machine, where the start takes longer than until memory is given back, is used', () => {
  writeFileSync(join(folder, 'late.cjs'), LATE);
  cpSync(join(built, 'make-sidecar-code-cache.cjs'), join(folder, 'make-sidecar-code-cache.cjs'));
  rmSync(cache());
  const args = [
    ...SIDECAR_START.flags,
    '--require',
    join(folder, 'late.cjs'),
    join(folder, 'make-sidecar-code-cache.cjs'),
  ];
  expect(spawnSync(process.execPath, args, { encoding: 'utf8', env: {} })).toMatchObject({ status: 0, stderr: '' });
  expect(start()).toEqual({ ...WHOLE, use: 'used' });
});

/** Flips a byte of the cache file; twice, it is as before. */
function change(at: number): void {
  const bytes = readFileSync(cache());
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(cache(), bytes);
}

/** Level and text of what a sidecar logs of its code cache. */
const logged = (): Promise<unknown> =>
  saidOfCodeCache(process.execPath, [...SIDECAR_START.flags, join(folder, 'sidecar.cjs')], {
    env: { [ENV.root]: folder },
    hear: (line) => heard('output of the sidecar', line),
  });

test('as it is built, the cache is used', () => {
  expect(start()).toEqual({ ...WHOLE, use: 'used' });
});

test('under other flags of V8, V8 refuses it, and the program runs', () => {
  expect(start('--no-opt')).toEqual({ ...WHOLE, use: 'refused' });
});

test.each<[string, () => void]>([
  ['none', () => rmSync(cache())],
  ['an empty file', () => writeFileSync(cache(), '')],
  [
    'a folder',
    () => {
      rmSync(cache());
      mkdirSync(cache());
    },
  ],
  ['a file cut off', () => writeFileSync(cache(), readFileSync(cache()).subarray(0, -1))],
  ['half a file', () => writeFileSync(cache(), readFileSync(cache()).subarray(0, 300_000))],
  ['a digest alone', () => writeFileSync(cache(), readFileSync(cache()).subarray(0, 32))],
  ['something else', () => writeFileSync(cache(), Buffer.alloc(1_000_000, 'x'))],
])('%s: the program runs without', (_name, spoil) => {
  spoil();
  expect(start()).toEqual({ ...WHOLE, use: 'absent' });
});

test('one flipped byte, wherever it is: the program runs without', () => {
  const { length } = readFileSync(cache());
  const places = [0, 31, 32, 40, 60, 100, ...Array.from({ length: 14 }, (_, n) => Math.floor((length * (n + 1)) / 15))];
  for (const at of [...places, length - 1]) {
    change(at);
    expect({ at, ...start() }).toEqual({ at, ...WHOLE, use: 'absent' });
    change(at);
  }
});

test('another program of the same length runs itself, not what the cache holds', () => {
  const source = readFileSync(program(), 'latin1');
  const other = source.replaceAll('is missing', 'is lacking');
  expect(other).toHaveLength(source.length);
  expect(other).not.toBe(source);
  writeFileSync(program(), other, 'latin1');
  const { said, use } = start();
  expect({ said, use }).toEqual({ said: expect.stringContaining('is lacking'), use: 'absent' });
});

test.each(['version', 'arch', 'platform'])('a cache of another %s of Node does not count', (member) => {
  const bytes = readFileSync(cache());
  const node = { version: process.version, arch: process.arch, platform: process.platform, [member]: 'other' };
  const source = readFileSync(program());
  const digestOf = ({ version, platform, arch }: typeof node): Buffer =>
    createHash('sha256')
      .update(`${version} ${process.versions.v8} ${platform} ${arch} ${source.length}\n`)
      .update(source)
      .update(bytes.subarray(32))
      .digest();
  // Without the change it is the digest that is there.
  expect(digestOf({ ...node, [member]: process[member as 'version'] })).toEqual(bytes.subarray(0, 32));
  writeFileSync(cache(), Buffer.concat([digestOf(node), bytes.subarray(32)]));
  expect(start()).toEqual({ ...WHOLE, use: 'absent' });
});

test('the log tells at once that there is no good cache, and where there is one says so only to who asks', async () => {
  expect(await logged()).toEqual({ level: 'debug', codeCache: 'used' });
  change(1_000);
  expect(await logged()).toEqual({ level: 'warn', codeCache: 'absent' });
});
