import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRoot, rewriteEnvironment } from './rewritten.ts';

const mount = (target: string, source = '/elsewhere') => ({ source, target, readOnly: true });

test('only values that are a mount point or below one are rewritten', () => {
  const env = { AT: '/var/run/x', BELOW: '/var/run/x/y', BESIDE: '/var/run/xy', IN: 'see /var/run/x', NONE: '' };
  expect(rewriteEnvironment(env, [mount('/var/run/x')], '/root')).toEqual({
    ...env,
    AT: '/root/var/run/x',
    BELOW: '/root/var/run/x/y',
  });
});

test('below the root each mount point leads to its source', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-test-'));
  try {
    await writeFile(join(folder, 'file'), 'content');
    const root = await makeRoot([mount('/var/run/x', folder), mount('/data', folder)], folder);
    expect(await readFile(join(root, '/var/run/x/file'), 'utf8')).toBe('content');
    expect(await readFile(join(root, '/data/file'), 'utf8')).toBe('content');
  } finally {
    await rm(folder, { recursive: true });
  }
});
