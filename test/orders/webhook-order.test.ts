/** docs/webhook-order.md says where our name sorts, and the manifests hold to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, installManifests } from '../fixture/install.ts';
import { OUR_NAMES } from './rows.ts';

const page = readFileSync(join(ROOT, 'docs', 'webhook-order.md'), 'utf8');
/** The page's table: name of a configuration, and where it sorts. */
const rows = [...page.matchAll(/^\| `([^`]+)` *\| (before|ours|after) *\|/gm)].map(([, name = '', side = '']) => ({
  name,
  side,
}));

async function configuration(): Promise<{ metadata: { name?: string }; webhooks: { reinvocationPolicy?: string }[] }> {
  const found = (await installManifests()).filter(({ kind }) => kind === 'MutatingWebhookConfiguration');
  expect(found).toHaveLength(1);
  return found[0] as never;
}

test('the name in the manifests is that of the page and of the matrix', async () => {
  const { metadata } = await configuration();
  expect(rows.filter(({ side }) => side === 'ours')).toEqual([{ name: metadata.name, side: 'ours' }]);
  expect(OUR_NAMES.IfNeeded).toBe(metadata.name);
});

test('every other name sorts to the side that the page says', async () => {
  const { name: ours = '' } = (await configuration()).metadata;
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.map(({ name }) => name)).toContain('pod-identity-webhook');
  for (const { name, side } of rows.filter((row) => row.side !== 'ours')) {
    expect([name, name < ours ? 'before' : 'after']).toEqual([name, side]);
  }
});

test('the manifests ask to be called again, as the page advises', async () => {
  expect(page).toContain('Keep the name `rolechain` and `reinvocationPolicy: IfNeeded`');
  for (const { reinvocationPolicy } of (await configuration()).webhooks) expect(reinvocationPolicy).toBe('IfNeeded');
});

test('the README leads to the page', () => {
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(docs/webhook-order.md)');
});
