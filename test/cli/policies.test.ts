/**
 * `rolechain trust-policy` and `rolechain check`: their texts as files in golden/policies, read by people, and what other programs
 * read of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { parse as parseHCL } from '@cdktf/hcl2json';
import * as v from 'valibot';
import { parse as parseYAML } from 'yaml';
import { isSecret } from '@rolechain/kit/record.ts';
import { REPORT as CHECK_REPORT, type CheckReport } from '../../cli/src/report-schemas/check.ts';
import { REPORT, type TrustPolicyReport } from '../../cli/src/report-schemas/trust-policy.ts';
import { runCommand, type Said } from './call.ts';
import { expectGolden } from './golden.ts';

const EXTERNAL_ID = isSecret('value of a Secret', `id-${process.pid}-which-a-secret-holds`);
const BASE = ['--base-arn', 'arn:aws:iam::111111111111:role/base'];
const CLUSTER = ['--cluster-arn', 'arn:aws:eks:eu-central-1:111111111111:cluster/prod'];
const ISSUER = ['--oidc-issuer', 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE'];

const account = (assumeRole: unknown, baseRole?: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      annotations: {
        'rolechain.io/assume-role': typeof assumeRole === 'string' ? assumeRole : JSON.stringify(assumeRole),
        ...(baseRole === undefined ? {} : { 'eks.amazonaws.com/role-arn': baseRole }),
      },
    },
  });

const CHAIN = account({
  roleARN: 'arn:aws:iam::222222222222:role/orders',
  externalIDFrom: { secretKeyRef: { name: 'orders-aws', key: 'external-id' } },
  tags: { team: 'shop' },
  sourceIdentity: 'orders',
  via: [{ roleARN: 'arn:aws:iam::333333333333:role/team/hub', externalID: 'hub-1' }],
});
const IRSA = account(
  { roleARN: 'arn:aws:iam::222222222222:role/orders', credentialSource: 'irsa' },
  'arn:aws:iam::111111111111:role/base',
);

const withInput = (input: string, args: readonly string[], cwd?: string): Promise<Said> =>
  runCommand([...args, '-f', '-'], { stdin: Readable.from([input]), ...(cwd === undefined ? {} : { cwd }) });

/** For JSON.stringify: one order of members. */
const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function expectSaid(name: string, { code, out, err }: Said): void {
  expectGolden(`policies/${name}`, `${out}${err === '' ? '' : `--- standard error\n${err}`}--- exit code ${code}\n`);
}

describe('trust-policy', () => {
  test.each<[golden: string, input: string, args: readonly string[]]>([
    ['bare-arn.txt', account('arn:aws:iam::222222222222:role/orders'), [...BASE, ...CLUSTER]],
    ['nothing-known.txt', account('arn:aws:iam::222222222222:role/orders'), []],
    ['irsa.txt', IRSA, ISSUER],
    ['web-identity.txt', account({ roleARN: 'arn:aws:iam::222222222222:role/orders', webIdentity: 'only' }), ISSUER],
    ['chain-terraform.txt', CHAIN, [...BASE, ...CLUSTER, '--format', 'terraform']],
    ['chain-cloudformation.txt', CHAIN, [...BASE, ...CLUSTER, '--format', 'cloudformation']],
    ['no-role.txt', account('none'), []],
    ['refused.txt', account('arn:aws:iam::2:role/orders'), []],
    ['base-not-known.txt', CHAIN, ['--format', 'terraform']],
    ['issuer-not-known.txt', IRSA, ['--format', 'cloudformation']],
    ['base-not-an-arn.txt', CHAIN, ['--base-arn', 'orders']],
  ])('%s', async (golden, input, args) => {
    expectSaid(golden, await withInput(input, ['trust-policy', ...args]));
  });

  test.each([
    ['several fields', CHAIN, [...BASE, ...CLUSTER]],
    ['IRSA', IRSA, ISSUER],
    ['no role', account('none'), []],
  ])('its JSON is by its schema: %s', async (_name, input, args) => {
    const { out } = await withInput(input, ['trust-policy', ...args, '-o', 'json']);
    expect(v.safeParse(REPORT, JSON.parse(out)).issues).toBeUndefined();
  });

  test('Terraform, read by its own parser, says the same as the JSON', async () => {
    const { policies } = JSON.parse(
      (await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '-o', 'json'])).out,
    ) as TrustPolicyReport;
    const { out } = await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '--format', 'terraform']);
    const parsed = (await parseHCL('roles.tf', out)) as unknown as {
      resource: Record<string, Record<string, [Record<string, string>]>>;
      variable: Record<string, [object]>;
    };
    expect(parsed.variable).toMatchObject({ external_id_orders_aws_external_id: [{ sensitive: true }] });
    const read = async (text: string): Promise<unknown> => {
      const inner = /^\$\{jsonencode\(([^]*)\)\}$/.exec(text)?.[1] ?? '';
      const { x } = (await parseHCL('x.tf', `x = ${inner}\n`)) as { x: unknown };
      return JSON.parse(
        JSON.stringify(x).replace('${var.external_id_orders_aws_external_id}', '<external_id_orders_aws_external_id>'),
      );
    };
    const trusts = await Promise.all(
      Object.values(parsed.resource.aws_iam_role ?? {}).map(([role]) => read(role.assume_role_policy ?? '')),
    );
    const permissions = await Promise.all(
      Object.values(parsed.resource.aws_iam_role_policy ?? {}).map(([one]) => read(one.policy ?? '')),
    );
    // The parser gives blocks in the order of their names.
    const sorted = (all: readonly unknown[]): string[] => all.map((one) => JSON.stringify(one, sortKeys)).sort();
    expect(sorted(trusts)).toEqual(sorted(policies.map(({ trustPolicy }) => trustPolicy)));
    expect(sorted(permissions)).toEqual(sorted(policies.flatMap(({ permissionPolicy }) => permissionPolicy ?? [])));
  });

  test('CloudFormation, read as YAML 1.1, says the same as the JSON', async () => {
    const { policies } = JSON.parse(
      (await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '-o', 'json'])).out,
    ) as TrustPolicyReport;
    const { out } = await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '--format', 'cloudformation']);
    const text = JSON.stringify(parseYAML(out, { version: '1.1' })).replace(
      '{"Ref":"ExternalIdOrdersAwsExternalId"}',
      '"<external_id_orders_aws_external_id>"',
    );
    const template = JSON.parse(text) as {
      Resources: Record<
        string,
        { Properties: { AssumeRolePolicyDocument: unknown; Policies?: [{ PolicyDocument: unknown }] } }
      >;
      Parameters: object;
    };
    const made = Object.values(template.Resources).map(({ Properties }) => Properties);
    expect(made.map((one) => one.AssumeRolePolicyDocument)).toEqual(policies.map(({ trustPolicy }) => trustPolicy));
    expect(made.flatMap((one) => one.Policies?.[0].PolicyDocument ?? [])).toEqual(
      policies.flatMap(({ permissionPolicy }) => permissionPolicy ?? []),
    );
    expect(template.Parameters).toMatchObject({ ExternalIdOrdersAwsExternalId: { NoEcho: true } });
  });

  /** `python3 -m venv FOLDER && FOLDER/bin/pip install cfn-lint==1.51.0`: 180 MiB, and so not among what a test run makes. */
  const linter = join(homedir(), '.cache', 'rolechain', 'cfn-lint-1.51.0', 'bin', 'cfn-lint');
  const withLinter = existsSync(linter) ? test : test.skip;
  withLinter(`CloudFormation: cfn-lint finds nothing (skipped where ${linter} is not there)`, async () => {
    const { out } = await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '--format', 'cloudformation']);
    const folder = await mkdtemp(join(tmpdir(), 'rolechain-cfn-'));
    await writeFile(join(folder, 'roles.yaml'), out);
    const { stdout, status } = spawnSync(linter, [join(folder, 'roles.yaml')], { encoding: 'utf8' });
    await rm(folder, { recursive: true });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });
});

describe('check', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-check-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  type Policies = TrustPolicyReport['policies'];
  const put = async (path: string, value: unknown): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof value === 'string' ? value : JSON.stringify(value));
  };
  const pathOf = (arn: string): string => `policies/${arn.split(':')[4] ?? ''}/${arn.split(':')[5] ?? ''}`;

  /** The folder that trust-policy's own policies make, changed by `change`. */
  async function fill(change: (policies: Policies) => void = () => undefined): Promise<void> {
    await rm(join(folder, 'policies'), { recursive: true, force: true });
    const { out } = await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '-o', 'json']);
    const { policies } = JSON.parse(
      out.replaceAll('<external_id_orders_aws_external_id>', EXTERNAL_ID),
    ) as TrustPolicyReport;
    change(policies);
    for (const { roleARN, trustPolicy, permissionPolicy } of policies) {
      if (trustPolicy) await put(`${pathOf(roleARN)}/trust-policy.json`, trustPolicy);
      if (permissionPolicy) await put(`${pathOf(roleARN)}/permissions/chain.json`, permissionPolicy);
    }
  }
  const check = (...more: string[]): Promise<Said> =>
    withInput(CHAIN, ['check', '--policies', 'policies', ...BASE, ...CLUSTER, ...more], folder);
  const target = (policies: Policies) => policies.find(({ part }) => part === 'target')?.trustPolicy?.Statement ?? [];

  test('check-allowed.txt: what trust-policy prints lets the chain through', async () => {
    await fill();
    expectSaid('check-allowed.txt', await check());
  });

  test('check-no-statement.txt: a statement is missing', async () => {
    await fill((policies) => target(policies).splice(1, 1));
    expectSaid('check-no-statement.txt', await check());
  });

  test('check-condition.txt: a condition does not hold', async () => {
    await fill((policies) => {
      const [assume] = target(policies);
      if (assume?.Condition?.StringEquals)
        assume.Condition.StringEquals['aws:PrincipalTag/kubernetes-namespace'] = 'lab';
    });
    expectSaid('check-condition.txt', await check());
  });

  test('check-no-files.txt: the folder has nothing of the hop', async () => {
    await fill((policies) => policies.splice(1, 1));
    expectSaid('check-no-files.txt', await check());
  });

  test('check-deny.txt: a statement forbids it', async () => {
    await fill((policies) => {
      const statements = target(policies) as unknown as object[];
      statements.push({
        Sid: 'NobodyElse',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sts:AssumeRole',
        Condition: { StringNotEquals: { 'sts:SourceIdentity': 'other' } },
      });
    });
    expectSaid('check-deny.txt', await check());
  });

  test('every statement taken away is the one that it names, and its JSON is by its schema', async () => {
    await fill();
    const { out: printed } = await withInput(CHAIN, ['trust-policy', ...BASE, ...CLUSTER, '-o', 'json']);
    const { policies } = JSON.parse(printed) as TrustPolicyReport;
    for (const [at, { roleARN, trustPolicy, permissionPolicy }] of policies.entries()) {
      for (const [kind, statements] of [
        ['trust-policy', trustPolicy?.Statement ?? []],
        ['permission-policy', permissionPolicy?.Statement ?? []],
      ] as const) {
        for (const [index, statement] of statements.entries()) {
          await fill((all) => {
            const one = all[at];
            (kind === 'trust-policy' ? one?.trustPolicy : one?.permissionPolicy)?.Statement.splice(index, 1);
          });
          const { out, code } = await check('-o', 'json');
          const report = JSON.parse(out) as CheckReport;
          expect(v.safeParse(CHECK_REPORT, report).issues).toBeUndefined();
          const causes = report.paths.flatMap(({ calls }) =>
            calls.flatMap(({ actions }) => actions.flatMap((action) => action.causes)),
          );
          expect({ code, causes }).toMatchObject({
            code: 1,
            causes: expect.arrayContaining([expect.objectContaining({ policy: kind, roleARN, statement })]),
          });
          expect(new Set(causes.map((cause) => `${cause.policy} ${cause.roleARN}`)).size).toBe(1);
        }
      }
    }
  });

  test('files as the AWS CLI prints them', async () => {
    await fill();
    const trust = JSON.parse(
      await readFile(join(folder, 'policies/222222222222/role/orders/trust-policy.json'), 'utf8'),
    ) as object;
    await put('policies/222222222222/role/orders/trust-policy.json', {
      Role: { RoleName: 'orders', AssumeRolePolicyDocument: trust },
    });
    expect((await check()).code).toBe(0);
  });

  test('a session name by --pod', async () => {
    await fill((policies) => {
      const [assume] = target(policies);
      if (assume?.Condition) assume.Condition.StringLike = { 'sts:RoleSessionName': 'shop.orders-*' };
    });
    expect((await check()).code).toBe(1);
    expect((await check('--pod', 'orders-1')).code).toBe(0);
  });

  test.each<[golden: string, path: string, text: string]>([
    ['check-no-json.txt', 'policies/222222222222/role/orders/trust-policy.json', `{"Statement": [${EXTERNAL_ID}`],
    [
      'check-no-policy.txt',
      'policies/222222222222/role/orders/trust-policy.json',
      '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}',
    ],
  ])('%s', async (golden, path, text) => {
    await fill();
    await put(path, text);
    expectSaid(golden, await check());
  });

  test('check-no-folder.txt and check-no-option.txt', async () => {
    await rm(join(folder, 'policies'), { recursive: true, force: true });
    expectSaid('check-no-folder.txt', await check());
    expectSaid('check-no-option.txt', await withInput(CHAIN, ['check'], folder));
  });
});
