/** The webhook's code cache as it is built. code-cache.test.ts has what the loader, which is the same, does with a bad one. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WEBHOOK_FLAGS } from '@rolechain/shared';
import { WEBHOOK_SETTINGS, saidOfCodeCache } from '../../scripts/build/said-of-code-cache.ts';
import { formatCodeCache } from '../../sidecar/src/runtime/code-cache.ts';
import { heard } from '@rolechain/kit/record.ts';
import { ROOT } from '../fixture/install.ts';

let folder: string;
const cache = (): string => join(folder, 'webhook-program.cache');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-cache-'));
  for (const name of ['webhook.cjs', 'webhook-program.cjs']) cpSync(join(ROOT, 'dist', name), join(folder, name));
  writeFileSync(join(folder, 'settings.yaml'), WEBHOOK_SETTINGS);
});
beforeEach(() => cpSync(join(ROOT, 'dist', 'webhook-program.cache'), cache()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const logged = (...flags: readonly string[]): Promise<unknown> =>
  saidOfCodeCache(
    process.execPath,
    [...flags, join(folder, 'webhook.cjs'), '--settings', join(folder, 'settings.yaml')],
    { env: {}, hear: (line) => heard('output of the webhook', line) },
  );

test('as it is built, and started as in the image, it is used', async () => {
  expect(await logged(...WEBHOOK_FLAGS)).toEqual({ level: 'debug', codeCache: 'used' });
});

test('under other flags V8 refuses it, and the webhook runs and says so', async () => {
  expect(await logged(...WEBHOOK_FLAGS, '--no-opt')).toEqual({ level: 'warn', codeCache: 'refused' });
});

test('what another Node has made does not count: the webhook runs and says so', async () => {
  const source = readFileSync(join(folder, 'webhook-program.cjs'));
  const data = readFileSync(cache()).subarray(32);
  // This Node's digest is the one that the build wrote.
  expect(formatCodeCache(source, data)).toEqual(readFileSync(cache()));
  const { version } = process;
  Object.defineProperty(process, 'version', { value: 'v24.0.0' });
  writeFileSync(cache(), formatCodeCache(source, data));
  Object.defineProperty(process, 'version', { value: version });
  expect(await logged(...WEBHOOK_FLAGS)).toEqual({ level: 'warn', codeCache: 'absent' });
});
