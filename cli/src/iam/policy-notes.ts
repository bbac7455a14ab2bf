/** What a reader of the policies has to know beside them. Pure. */
import type { Path } from './chain.ts';
import { fillIn, isUnknown, unknownsOf, type PolicyDocument } from './document.ts';
import type { RolePolicies } from './policies.ts';

/** Characters of a trust policy, white space aside, that an account takes without a request (IAM and AWS STS quotas). */
const TRUST_POLICY_CHARS = 2048;

export function policyNotes(policies: readonly RolePolicies[], paths: readonly Path[]): string[] {
  const documents = policies.flatMap(({ trust, permissions }) => [trust ?? [], permissions ?? []].flat());
  return [
    ...unknownsOf(documents).map(({ name, text }) => `<${name}> stands for: ${text}.`),
    ...policies.flatMap(({ roleARN, trust }) => lengthNotes(roleARN, trust)),
    ...sharedNotes(paths),
    ...sessionPolicyNotes(paths),
  ];
}

function lengthNotes(roleARN: RolePolicies['roleARN'], trust: PolicyDocument | undefined): string[] {
  if (!trust || isUnknown(roleARN)) return [];
  const { length } = JSON.stringify(fillIn(trust));
  if (length <= TRUST_POLICY_CHARS) return [];
  return [
    `The trust policy of ${roleARN} has ${length} characters; IAM takes ${TRUST_POLICY_CHARS}, and up to 4096 once the quota "Role trust policy length" is raised.`,
  ];
}

function sharedNotes(paths: readonly Path[]): string[] {
  const bases = new Set(paths.map(({ base }) => base));
  return [
    ...(bases.has('pod-identity')
      ? ['A base role that other ServiceAccounts use, too, needs statements for each of them beside these.']
      : []),
    ...(bases.has('environment')
      ? [
          'Anyone who has the keys of the Secret is the base identity: no condition can tell pods apart. Give it a principal that nothing else uses.',
        ]
      : []),
  ];
}

function sessionPolicyNotes(paths: readonly Path[]): string[] {
  const limited = paths.some(({ calls }) =>
    calls.some(({ callerPolicy, callerPolicyARNs }) => callerPolicy !== undefined || callerPolicyARNs.length > 0),
  );
  if (!limited) return [];
  return ['A hop has a session policy: it must allow the next call as well as the permission policy does.'];
}
