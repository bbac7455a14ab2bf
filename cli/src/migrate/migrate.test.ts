import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { check } from '@rolechain/shared';
import { REPORT } from '../report-schemas/migrate.ts';
import { run } from '../program.ts';
import { parseProfiles } from './aws-config.ts';
import { migrate, type Input } from './migrate.ts';
import { chainOf } from './profiles.ts';
import { sort } from './read.ts';

const HERE = join(import.meta.dirname, 'testing');
const ROLE = 'arn:aws:iam::222222222222:role/orders';
const NOTHING: Input = { objects: [], documents: [], configs: [], namespace: 'default', baseRoleARN: undefined };
const of = (yaml: string, more: Partial<Input> = {}) =>
  migrate({ ...NOTHING, ...sort([{ name: 'x.yaml', text: yaml }]), ...more });

async function call(args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['migrate', ...args], {
    stdin: Readable.from([stdin]),
    out: (text) => (out += text),
    err: (text) => (err += text),
    env: {},
    cwd: HERE,
    now: () => new Date(0),
    hasColours: false,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

test('the text for everything at once, as a person has reviewed it', async () => {
  const { code, out, err } = await call(['-f', 'everything.yaml', '-f', 'association.json']);
  expect([code, err]).toEqual([1, '']);
  expect(out).toBe(readFileSync(join(HERE, 'everything.txt'), 'utf8'));
});

test('JSON by its schema, and YAML with the same in it', async () => {
  const { out } = await call(['-f', 'everything.yaml', '-f', 'association.json', '-o', 'json']);
  expect(check(REPORT, JSON.parse(out))).toMatchObject({ ok: true });
});

test('standard input, a folder, and what is neither', async () => {
  expect((await call(['-f', '-'], readFileSync(join(HERE, 'association.json'), 'utf8'))).out).toContain('name: audit');
  expect((await call(['-f', '.'])).out).toBe((await call(['-f', 'association.json', '-f', 'everything.yaml'])).out);
  expect(await call(['-f', '-'], 'just text')).toMatchObject({ code: 2, err: expect.stringContaining('FileInvalid') });
  expect(await call(['-f', 'nowhere'])).toMatchObject({ code: 2, err: expect.stringContaining('FileUnreadable') });
  expect(await call(['-f', '-', '--base-role-arn', 'x'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('UsageInvalid'),
  });
  expect(await call(['-f', '-'], '')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing') });
});

const pod = (name: string, role: string, account = 'orders'): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, annotations: {iam.amazonaws.com/role: ${role}}}
spec: {serviceAccountName: ${account}, containers: [{name: app}]}
`;

test('pods of one ServiceAccount with different roles name theirs', () => {
  const { accounts, workloads } = of([pod('a', ROLE), pod('b', `${ROLE}-2`), pod('c', ROLE)].join('---'));
  expect(accounts).toHaveLength(1);
  expect(accounts[0]?.roles.map(({ name }) => name)).toEqual(['orders', 'orders-2']);
  expect(workloads).toEqual([
    { workload: 'Pod shop/a', annotations: { 'rolechain.io/container-roles': '*=orders' } },
    { workload: 'Pod shop/c', annotations: { 'rolechain.io/container-roles': '*=orders' } },
    { workload: 'Pod shop/b', annotations: { 'rolechain.io/container-roles': '*=orders-2' } },
  ]);
});

test('a name alone is left without the prefix that it stands behind, and carried over with it', () => {
  expect(of(pod('a', 'orders')).left).toMatchObject([{ why: 'it is the name of a role, not an ARN' }]);
  const { accounts } = of(pod('a', '/orders'), { baseRoleARN: 'arn:aws:iam::222222222222:role' });
  expect(accounts[0]?.annotations).toEqual({ 'rolechain.io/assume-role': ROLE });
});

test('what a controller made is left out, and pods without the annotation are named', () => {
  const owned = pod('a', ROLE).replace('namespace: shop,', 'namespace: shop, ownerReferences: [{controller: true}],');
  expect(of(owned).accounts).toEqual([]);
  const plain = pod('plain', '""');
  expect(of(`${pod('a', ROLE)}---${plain.replace(/, annotations: [^}]*}/, '')}`).steps).toContainEqual({
    object: 'Pod shop/plain',
    text: expect.stringContaining('it has no iam.amazonaws.com/role, but the same ServiceAccount shop/orders'),
  });
});

test('a ServiceAccount that asks for a role already is left as it is', () => {
  const there = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: orders, namespace: shop, annotations: {rolechain.io/assume-role: none}}
`;
  expect(of(`${there}---${pod('a', ROLE)}`)).toMatchObject({
    accounts: [],
    left: [{ object: 'Pod shop/a', why: 'ServiceAccount shop/orders has rolechain.io/assume-role already' }],
  });
});

const PERMITTED: [expression: string, patterns: string | undefined][] = [
  ['.*', 'arn:*:iam::*:role/*'],
  ['^orders$', 'arn:*:iam::*:role/orders'],
  ['a/.*|b\\.c', 'arn:*:iam::*:role/a/* arn:*:iam::*:role/b.c'],
  ['arn:aws:iam::222222222222:role/x.*', 'arn:aws:iam::222222222222:role/x*'],
  ['(a|b)', undefined],
  ['a[0-9]', undefined],
  ['a.c', undefined],
  ['', undefined],
];
test.each(PERMITTED)("kiam's expression %j allows %j", (expression, patterns) => {
  const namespace = {
    kind: 'Namespace',
    metadata: { name: 'x', annotations: { 'iam.amazonaws.com/permitted': expression } },
  };
  const { namespaces, left } = migrate({ ...NOTHING, objects: [namespace] });
  expect(namespaces[0]?.annotations['rolechain.io/allowed-roles']).toBe(patterns);
  expect(left).toHaveLength(patterns === undefined ? 1 : 0);
});

const BASE = '[profile base]\nweb_identity_token_file = /t\nrole_arn = arn:aws:iam::111111111111:role/base\n';
const chain = (text: string) => chainOf('x', parseProfiles(text));
const X = `[profile x]\nrole_arn = ${ROLE}\n`;

const CHAINS: [name: string, text: string, outcome: unknown][] = [
  [
    'web identity, then a role',
    `${BASE}${X}source_profile = base ; a comment\nexternal_id = e1\nduration_seconds = 1800\nrole_session_name = s1`,
    {
      ok: true,
      tool: 'AWS profiles',
      baseRoleARN: 'arn:aws:iam::111111111111:role/base',
      role: { roleARN: ROLE, externalID: 'e1', duration: 1800, sessionName: 's1', credentialSource: 'irsa' },
      lost: [],
    },
  ],
  [
    'web identity alone',
    `${X}web_identity_token_file = /t\nduration_seconds = 43200`,
    { ok: true, role: { roleARN: ROLE, duration: 43200, credentialSource: 'irsa', webIdentity: 'only' }, lost: [] },
  ],
  [
    'epicac',
    `${X}source_profile = src\n[profile src]\ncredential_process = /opt/epicac`,
    { ok: true, tool: 'epicac', role: { roleARN: ROLE, credentialSource: 'pod-identity' } },
  ],
  ['the container', `${X}credential_source = EcsContainer`, { ok: true, role: { credentialSource: 'pod-identity' } }],
  [
    'the node',
    `${X}credential_source = Ec2InstanceMetadata`,
    { ok: false, why: expect.stringContaining("node's role") },
  ],
  [
    'another program',
    `${X}source_profile=p\n[profile p]\ncredential_process=/bin/p epicac`,
    { ok: false, why: expect.stringContaining('program of its own') },
  ],
  [
    'static keys',
    `${X}source_profile=p\n[p]\naws_access_key_id=AKIA`,
    { ok: false, why: expect.stringContaining('static keys') },
  ],
  ['keys of its own', `${X}source_profile=x`, { ok: false, why: expect.stringContaining('static keys of its own') }],
  [
    'a circle',
    `${X}source_profile=y\n[profile y]\nrole_arn=${ROLE}\nsource_profile=x`,
    { ok: false, why: expect.stringContaining('a source of its own') },
  ],
  ['a device', `${BASE}${X}source_profile=base\nmfa_serial=m`, { ok: false, why: expect.stringContaining('MFA') }],
  ['no such source', `${X}source_profile=gone`, { ok: false, why: expect.stringContaining('not in the file') }],
  ['no source', X, { ok: false, why: expect.stringContaining('neither source_profile') }],
  [
    'a nested setting is none of its own',
    `${X}credential_source = EcsContainer\ns3 =\n  external_id = no`,
    { ok: true, role: { roleARN: ROLE, credentialSource: 'pod-identity' } },
  ],
];
test.each(CHAINS)('a profile: %s', (_, text, outcome) => {
  expect(chain(text)).toMatchObject(outcome as object);
  if ((outcome as { ok: boolean }).ok)
    expect(Object.keys((chain(text) as { role: object }).role)).not.toContain('external');
});

test('a chained session over an hour is cut to one, and that is told', () => {
  expect(chain(`${BASE}${X}source_profile=base\nduration_seconds=7200`)).toMatchObject({
    role: { duration: 3600 },
    lost: [{ setting: 'duration_seconds' }],
  });
});

const store = (name: string, aws: object): object => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'SecretStore',
  metadata: { name, namespace: 'shop' },
  spec: { provider: { aws } },
});

test('External Secrets: the last of additionalRoles is the target where there is no role, and gets no external ID', () => {
  const objects = [
    store('a', { additionalRoles: [`${ROLE}-1`, ROLE], externalID: 'e1', sessionTags: [{ key: 'k', value: 'v' }] }),
  ];
  const [account] = migrate({ ...NOTHING, objects: objects as never }).accounts;
  expect(account?.annotations['rolechain.io/assume-role']).toBe(`roleARN: ${ROLE}\nvia:\n  - roleARN: ${ROLE}-1\n`);
});

test('External Secrets: stores of several roles, of keys and of another ServiceAccount are left', () => {
  const left = (all: object[]) =>
    migrate({ ...NOTHING, objects: all as never }).left.map(({ object, field }) => `${object} ${field}`);
  expect(left([store('a', { role: ROLE }), store('b', { role: `${ROLE}2` })])).toEqual([
    'SecretStore shop/a spec.provider.aws.role',
    'SecretStore shop/b spec.provider.aws.role',
  ]);
  expect(left([store('a', { role: ROLE, auth: { secretRef: {} } })])).toEqual([
    'SecretStore shop/a spec.provider.aws.auth.secretRef',
  ]);
  expect(left([store('a', { role: ROLE, auth: { jwt: {} } })])).toEqual([
    'SecretStore shop/a spec.provider.aws.auth.jwt',
  ]);
  expect(left([store('a', { role: ROLE, sessionTagsPolicy: 'Simple' })])).toEqual([
    'SecretStore shop/a spec.provider.aws.sessionTagsPolicy',
  ]);
});

test('a list of associations asks for what describes each', () => {
  const documents = [{ associations: [{ associationId: 'a-7', namespace: 'shop', serviceAccount: 'x' }] }];
  expect(migrate({ ...NOTHING, documents }).left).toMatchObject([
    { fix: expect.stringContaining('--association-id a-7') },
  ]);
});

test('chains of one ServiceAccount that start from two base roles do not go together', () => {
  const other = BASE.replaceAll('base', 'base2');
  const text = `${BASE}${other}${X}source_profile=base\n[profile y]\nrole_arn=${ROLE}-y\nsource_profile=base2`;
  const { accounts, left } = migrate({ ...NOTHING, configs: [{ name: 'config', text }] });
  expect(accounts[0]?.roles.map(({ roleARN }) => roleARN)).toEqual([ROLE]);
  expect(left).toMatchObject([{ object: 'config', field: '[y]', why: expect.stringContaining('one base role') }]);
});

test('a line break in what somebody else wrote makes no manifest', async () => {
  const name =
    'a\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: pwn}\n---\n#';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', annotations: { 'iam.amazonaws.com/role': ROLE } },
    spec: { serviceAccountName: 'orders', containers: [{ name: 'app', env: [{ name: 'AWS_PROFILE', value: name }] }] },
  };
  const { out } = await call(['-f', '-'], JSON.stringify(pod));
  expect(out).toContain('pwn');
  expect(out.split('\n').filter((line) => line.startsWith('kind: '))).toEqual(['kind: ServiceAccount']);
});

test('what is read is bounded before it is parsed', async () => {
  const { code, err } = await call(['-f', '/dev/zero']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^error FileInvalid: .*\nGive fewer or smaller files: at most 32 MiB/),
  ]);
});
