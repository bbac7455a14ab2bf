/** The policies as a CloudFormation template, in YAML: one for all accounts, each of which makes its own roles. Pure. */
import { stringify } from 'yaml';
import { isUnknown, unknownsOf, type Unknown } from './document.ts';
import { ownersOf, principalsOf, uniqueNames, type Owner } from './names.ts';
import type { RolePolicies } from './policies.ts';

/** `title`: whose policies they are. Throws UsageInvalid where a name that resources need is not known. */
export function cloudFormation(policies: readonly RolePolicies[], title: string): string {
  const documents = policies.flatMap(({ trust, permissions }) => [trust ?? [], permissions ?? []].flat());
  const unknowns = unknownsOf(documents);
  const owners = ownersOf(policies, unknowns, 'cloudformation');
  const accounts = [...new Set(owners.map(({ account }) => account))];
  const ids = uniqueNames(
    owners.map(({ account, path, name }) => `${account}${path}${name}`),
    (text) => `Role${logicalID(text)}`,
  );
  const resources = owners.map((owner, at) => [ids[at] ?? '', resourceOf(owner, owners, ids)] as const);
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The roles of ${title}. Create the stack in each of the accounts ${accounts.join(', ')}, in the order of the roles.`,
    ...(unknowns.length === 0
      ? {}
      : { Parameters: Object.fromEntries(unknowns.map((one) => [parameter(one), parameterOf(one)])) }),
    Conditions: Object.fromEntries(
      accounts.map((account) => [`InAccount${account}`, { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, account] }]),
    ),
    Resources: Object.fromEntries(resources),
  };
  // By YAML 1.1, which CloudFormation reads, a plain 2012-10-17 is a date.
  return stringify(template, { aliasDuplicateObjects: false, lineWidth: 0, version: '1.1' });
}

function resourceOf(owner: Owner, owners: readonly Owner[], ids: readonly string[]): object {
  const { policies, account, name, path, kind } = owner;
  const { trust, permissions } = policies;
  const inline = permissions ? { PolicyName: 'rolechain', PolicyDocument: written(permissions) } : undefined;
  const Condition = `InAccount${account}`;
  if (!trust) {
    const [Type, of] = kind === 'user' ? ['AWS::IAM::UserPolicy', 'UserName'] : ['AWS::IAM::RolePolicy', 'RoleName'];
    return { Type, Condition, Properties: { [of]: name, ...inline } };
  }
  // Of another account's stack, a resource is not seen here.
  const before = principalsOf(owner).flatMap((arn) => {
    const index = owners.findIndex((other) => other.arn === arn && other.account === account && other.policies.trust);
    return index < 0 || owners[index] === owner ? [] : [ids[index] ?? ''];
  });
  return {
    Type: 'AWS::IAM::Role',
    Condition,
    ...(before.length === 0 ? {} : { DependsOn: [...new Set(before)] }),
    Properties: {
      RoleName: name,
      Path: path,
      AssumeRolePolicyDocument: written(trust),
      ...(inline ? { Policies: [inline] } : {}),
    },
  };
}

function parameterOf({ text, secret }: Unknown): object {
  return { Type: 'String', Description: text, ...(secret ? { NoEcho: true } : {}) };
}

const parameter = ({ name }: Unknown): string => logicalID(name);

/** Letters and digits, as logical IDs are; a word begins in upper case. */
const logicalID = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

function written(value: unknown): unknown {
  if (isUnknown(value)) return { Ref: parameter(value) };
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, written(item)]));
}
