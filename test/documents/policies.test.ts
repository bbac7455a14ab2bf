/** docs/policies.md: the policies that it shows let their chain through, each statement is needed, and Terraform says the same as JSON. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { parse as parseHCL } from '@cdktf/hcl2json';
import { ROOT } from '../../scripts/build/root.ts';
import { runCommand } from '../cli/call.ts';
import { blocksOf } from '../fixture/page.ts';
import { read } from './repository.ts';

const PAGE = 'docs/policies.md';
interface Document {
  readonly Statement: unknown[];
}
type Roles = Record<string, { readonly trustPolicy?: Document; readonly permissionPolicy?: Document }>;

const EXAMPLES = ['Pod Identity', 'IRSA', 'Keys in a Secret'].map((heading) => {
  const [manifest = ''] = blocksOf(PAGE, heading, 'yaml');
  const [json = ''] = blocksOf(PAGE, heading, 'json');
  const section = read(PAGE).split(`## ${heading}\n`)[1] ?? '';
  const [, options = ''] = /<!-- policies: (.*) -->/.exec(section) ?? [];
  const absolute = options.replace(/--settings (\S+)/, `--settings ${ROOT}/$1`);
  // Of a Secret, which no command reads.
  return { heading, manifest, options: absolute.split(' '), json: json.replaceAll(/<external_id\w+>/g, 'shop-1') };
});

const documentsOf = (roles: Roles): Document[] =>
  Object.values(roles).flatMap(({ trustPolicy, permissionPolicy }) =>
    [trustPolicy ?? [], permissionPolicy ?? []].flat(),
  );

/** Below policies/: the account, then what follows the last colon. */
const folderOf = (arn: string): string => `policies/${arn.split(':')[4] ?? ''}/${arn.split(':')[5] ?? ''}`;
const filesOf = (roles: Roles): Record<string, Document> =>
  Object.fromEntries(
    Object.entries(roles).flatMap(([arn, { trustPolicy, permissionPolicy }]) => [
      ...(trustPolicy ? [[`${folderOf(arn)}/trust-policy.json`, trustPolicy] as const] : []),
      ...(permissionPolicy ? [[`${folderOf(arn)}/permissions/chain.json`, permissionPolicy] as const] : []),
    ]),
  );

describe.each(EXAMPLES)('$heading', ({ manifest, options, json }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-policies-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const check = async (roles: Roles): Promise<number> => {
    await rm(join(folder, 'policies'), { recursive: true, force: true });
    for (const [path, document] of Object.entries(filesOf(roles))) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), JSON.stringify(document));
    }
    const args = ['check', '-f', '-', '--policies', 'policies', ...options];
    const { code, err } = await runCommand(args, { stdin: Readable.from([manifest]), cwd: folder });
    if (code === 2) throw new Error(err);
    return code;
  };

  test('they let the chain through', async () => {
    expect(await check(JSON.parse(json) as Roles)).toBe(0);
  });

  test('each statement is needed', async () => {
    const documents = documentsOf(JSON.parse(json) as Roles);
    const count = documents.reduce((sum, { Statement }) => sum + Statement.length, 0);
    expect(count).toBeGreaterThan(1);
    for (const [at, { Statement }] of documents.entries()) {
      for (const index of Statement.keys()) {
        const roles = JSON.parse(json) as Roles;
        documentsOf(roles)[at]?.Statement.splice(index, 1);
        expect(await check(roles)).toBe(1);
      }
    }
  });
});

test('the folder of "Check in CI" has the files of the first example', () => {
  const [shown = ''] = blocksOf(PAGE, 'Check in CI', 'text');
  const files = filesOf(JSON.parse(EXAMPLES[0]?.json ?? '{}') as Roles);
  expect(shown.split('\n').toSorted()).toEqual(Object.keys(files).toSorted());
});

test('the module in Terraform names both accounts, and the association the role of it', async () => {
  const [module = '', association = ''] = blocksOf(PAGE, 'Terraform and CloudFormation', 'hcl');
  type Resources = { resource: Record<string, Record<string, [Record<string, string>]>> };
  const parsed = (await parseHCL('roles.tf', `${module}\n${association}`)) as unknown as Resources;
  const { aws_iam_role: roles = {}, aws_eks_pod_identity_association: associations = {} } = parsed.resource;
  expect(Object.values(roles).map(([{ provider, name }]) => [provider, name])).toEqual([
    ['${aws.account_111111111111}', 'base'],
    ['${aws.account_222222222222}', 'orders'],
  ]);
  const made = Object.values(associations)[0]?.[0];
  expect([made?.provider, made?.namespace, made?.service_account]).toEqual([
    '${aws.account_111111111111}',
    'shop',
    'orders',
  ]);
  const [, role = ''] = /^\$\{aws_iam_role\.(\w+)\.arn\}$/.exec(made?.role_arn ?? '') ?? [];
  expect(roles[role]?.[0].name).toBe('base');
});
