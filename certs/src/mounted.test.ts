import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeLeaf } from './authority.ts';
import { parseMounted, readMounted, vouchesFor } from './mounted.ts';
import { DNS_NAMES, NOW, daysAfter, makeData } from './testing/pairs.ts';

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return 'none';
};

test('what belongs together is served: its time has come for apiservers alone to say', async () => {
  const data = await makeData();
  const { certificate, notAfter, authorityNotAfter } = parseMounted(data, DNS_NAMES, daysAfter(-10));
  expect(certificate).toBe(data['tls.crt']);
  expect(notAfter < authorityNotAfter).toBe(true);
});

test.each<[string, (data: Awaited<ReturnType<typeof makeData>>, other: typeof data) => object, string]>([
  ['nothing', () => ({}), 'LeafNotOfAuthority'],
  ['no CA', (data) => ({ ...data, 'ca.crt': '' }), 'LeafNotOfAuthority'],
  ['the key of another', (data, other) => ({ ...data, 'tls.key': other['tls.key'] }), 'LeafKeyMismatch'],
  ['the CA of another', (data, other) => ({ ...data, 'ca.crt': other['ca.crt'] }), 'LeafNotOfAuthority'],
])('%s is not served', async (_name, change, reason) => {
  const [data, other] = [await makeData(), await makeData()];
  expect(reasonOf(() => parseMounted(change(data, other), DNS_NAMES, NOW))).toContain(`(${reason})`);
});

test('nor one of another Service, nor one that has ended', async () => {
  const data = await makeData();
  expect(reasonOf(() => parseMounted(data, ['other.rolechain.svc'], NOW))).toContain('(LeafNamesDiffer)');
  expect(reasonOf(() => parseMounted(data, DNS_NAMES, daysAfter(1000)))).toContain('(LeafExpiring)');
});

test('the CA may stand behind the leaf as an intermediate one does, and ca.crt hold another', async () => {
  const [data, root] = [await makeData(), await makeAuthority({ now: NOW, commonName: 'root' })];
  const found = { ...data, 'tls.crt': data['tls.crt'] + data['ca.crt'], 'ca.crt': root.certificate };
  const { certificate } = parseMounted(found, DNS_NAMES, NOW);
  expect(certificate).toBe(found['tls.crt']);
  expect(vouchesFor(data['ca.crt'], { certificate })).toBe(true);
  expect(vouchesFor(root.certificate, { certificate })).toBe(false);
});

test('a bundle vouches for the leafs of its CAs, and an empty one for none', async () => {
  const authority = await makeAuthority({ now: NOW, commonName: 'test CA' });
  const { certificate } = await makeLeaf({ authority, dnsNames: DNS_NAMES, now: NOW });
  const other = await makeAuthority({ now: NOW, commonName: 'test CA' });
  expect(vouchesFor(other.certificate + authority.certificate, { certificate })).toBe(true);
  expect(vouchesFor(other.certificate, { certificate })).toBe(false);
  expect(vouchesFor('', { certificate })).toBe(false);
  expect(vouchesFor(authority.certificate, { certificate: '' })).toBe(false);
});

test('files are read of one version, as the kubelet keeps them; one that is missing is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-mounted-'));
  try {
    await expect(readMounted(folder)).rejects.toThrow(/CertificatesUnavailable|Cannot read .*ENOENT/);
    mkdirSync(join(folder, '..1'));
    const names = ['tls.crt', 'tls.key', 'ca.crt'];
    for (const name of names) {
      writeFileSync(join(folder, '..1', name), `1 ${name}`);
      // Of another version: what is read is not the files' own links.
      writeFileSync(join(folder, name), `0 ${name}`);
    }
    symlinkSync('..1', join(folder, '..data'));
    expect(await readMounted(folder)).toEqual(Object.fromEntries(names.map((name) => [name, `1 ${name}`])));
    rmSync(join(folder, '..data'));
    expect(await readMounted(folder)).toEqual(Object.fromEntries(names.map((name) => [name, `0 ${name}`])));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
