/** The policies as a Terraform module, in HCL. Pure. */
import { isUnknown, unknownsOf, type PolicyDocument, type Unknown } from './document.ts';
import { ownersOf, principalsOf, uniqueNames, type Owner } from './names.ts';
import type { RolePolicies } from './policies.ts';

/** `title`: whose policies they are. Throws UsageInvalid where a name that resources need is not known. */
export function terraform(policies: readonly RolePolicies[], title: string): string {
  const documents = policies.flatMap(({ trust, permissions }) => [trust ?? [], permissions ?? []].flat());
  const unknowns = unknownsOf(documents);
  const owners = ownersOf(policies, unknowns, 'terraform');
  const accounts = [...new Set(owners.map(({ account }) => account))];
  const names = uniqueNames(
    owners.map(({ account, path, name }) => `${account}${path}${name}`),
    (text) => `role_${text.replace(/[^A-Za-z0-9]+/g, '_')}`,
  );
  const provider = (account: string): string[] =>
    accounts.length === 1 ? [] : [`  provider = aws.account_${account}`];
  const resources = owners.flatMap((owner, at) => resourcesOf(owner, { names, owners, at, provider }));
  return [
    `# The roles of ${title}, made by rolechain trust-policy.`,
    ...(accounts.length === 1 ? [] : [`# One provider for each account: pass them as providers of the module.`]),
    requirements(accounts),
    ...unknowns.map(variable),
    ...resources,
  ]
    .join('\n\n')
    .concat('\n')
    .replace(/^(# .*\n)\n(# )/, '$1$2');
}

function requirements(accounts: readonly string[]): string {
  const aliases = accounts.map((account) => `aws.account_${account}`).join(', ');
  return [
    'terraform {',
    '  required_providers {',
    '    aws = {',
    '      source = "hashicorp/aws"',
    ...(accounts.length === 1 ? [] : [`      configuration_aliases = [${aliases}]`]),
    '    }',
    '  }',
    '}',
  ].join('\n');
}

function variable({ name, text, secret }: Unknown): string {
  return [
    `variable "${name}" {`,
    `  description = ${quote(text)}`,
    '  type = string',
    ...(secret ? ['  sensitive = true'] : []),
    '}',
  ].join('\n');
}

interface Around {
  readonly names: readonly string[];
  readonly owners: readonly Owner[];
  readonly at: number;
  readonly provider: (account: string) => readonly string[];
}

function resourcesOf(owner: Owner, { names, owners, at, provider }: Around): string[] {
  const { policies, account, name, path, kind } = owner;
  const label = names[at] ?? '';
  const { trust, permissions } = policies;
  const before = principalsOf(owner).flatMap((arn) => {
    const index = owners.findIndex((other) => other.arn === arn && other.policies.trust !== undefined);
    return index < 0 || index === at ? [] : [`aws_iam_role.${names[index] ?? ''}`];
  });
  const role = trust
    ? [
        `resource "aws_iam_role" "${label}" {`,
        ...provider(account),
        `  name = ${quote(name)}`,
        `  path = ${quote(path)}`,
        `  assume_role_policy = ${policy(trust)}`,
        ...(before.length === 0 ? [] : [`  depends_on = [${[...new Set(before)].join(', ')}]`]),
        '}',
      ]
    : [];
  const ofOwner = trust ? `aws_iam_role.${label}.name` : quote(name);
  const may = permissions
    ? [
        `resource "aws_iam_${kind}_policy" "${label}" {`,
        ...provider(account),
        '  name = "rolechain"',
        `  ${kind} = ${ofOwner}`,
        `  policy = ${policy(permissions)}`,
        '}',
      ]
    : [];
  return [role, may].filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
}

const policy = (document: PolicyDocument): string => `jsonencode(${expression(document, '  ')})`;

function expression(value: unknown, indent: string): string {
  if (isUnknown(value)) return `var.${value.name}`;
  if (typeof value !== 'object' || value === null) return quote(String(value));
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item: unknown) => `${inner}${expression(item, inner)},`)
    : Object.entries(value).map(([key, item]) => `${inner}${keyOf(key)} = ${expression(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return [open, ...lines, `${indent}${close}`].join('\n');
}

const keyOf = (key: string): string => (/^[A-Za-z]\w*$/.test(key) ? key : quote(key));

/** A quoted template of HCL: `${` and `%{` begin an expression there. */
const quote = (text: string): string => JSON.stringify(text).replace(/([$%])\{/g, '$1$1{');
