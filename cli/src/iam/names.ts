/** Names of resources in the forms of other programs. Pure. */
import { isUnknown, type Unknown } from './document.ts';
import { accountOf } from './chain.ts';
import type { RolePolicies } from './policies.ts';
import { CodedError } from '@rolechain/shared';

/** A principal that a template writes policies of. */
export interface Owner {
  readonly policies: RolePolicies;
  readonly arn: string;
  readonly account: string;
  readonly kind: 'role' | 'user';
  readonly name: string;
  /** With slashes at both ends. */
  readonly path: string;
}

/** Throws UsageInvalid where a principal or an issuer is not known: a template names its resources by them. */
export function ownersOf(policies: readonly RolePolicies[], unknowns: readonly Unknown[], format: string): Owner[] {
  const owners = policies.map((role) => ownerOf(role, format));
  const keyed = unknowns.find(({ name }) => name === 'oidc_provider_arn' || name === 'oidc_issuer');
  if (keyed) throw missing('--oidc-issuer', `the issuer of the cluster's tokens`, format);
  return owners;
}

function ownerOf(policies: RolePolicies, format: string): Owner {
  const { roleARN: arn } = policies;
  if (isUnknown(arn)) throw missing('--base-arn', 'the ARN of the base identity', format);
  const resource = arn.slice(arn.lastIndexOf(':') + 1);
  const [kind = ''] = resource.split('/', 1);
  const rest = resource.slice(kind.length);
  const at = rest.lastIndexOf('/');
  const account = accountOf(arn) ?? '';
  return {
    policies,
    arn,
    account,
    kind: kind === 'user' ? 'user' : 'role',
    name: rest.slice(at + 1),
    path: rest.slice(0, at + 1),
  };
}

function missing(option: string, what: string, format: string): CodedError {
  return new CodedError('UsageInvalid', `--format ${format} needs ${what}.`, { fix: `Give ${option}.` });
}

/** Of each text a name by `write`, with a number where two texts have one. */
export function uniqueNames(texts: readonly string[], write: (text: string) => string): string[] {
  const used = new Map<string, number>();
  return texts.map((text) => {
    const name = write(text);
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name}${count}`;
  });
}

/** The role that must be there before: IAM takes no trust policy that names a role which does not exist. */
export function principalsOf({ policies }: Owner): readonly string[] {
  return (policies.trust?.Statement ?? []).flatMap(({ Principal }) => {
    const aws = Principal?.AWS;
    return typeof aws === 'string' ? [aws] : [];
  });
}
