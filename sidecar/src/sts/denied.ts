/**
 * What an AccessDenied of STS says: who may not do what on which role and, where STS says it, which kind of policy refuses
 * (IAM User Guide, Troubleshoot access denied error messages). Where STS names it, nothing else is guessed. Pure.
 */
import type { HintFacts } from './hint-facts.ts';

/** What is missing or in the way, and what to do about it. */
export interface Advice {
  readonly hint: string;
  /** Instead of the fix of the code. */
  readonly fix: string;
}

/** `User: arn… is not authorized to perform: sts:AssumeRole on resource: arn…`, `Not authorized to perform sts:…`. */
const REFUSED = /^(?:User: )?(\S+) is not authorized to perform: (sts:\w+)/;
/** `with an explicit deny in a service control policy: arn…`, `because no session policy allows the … action`. */
const REASON = /\b(with an explicit deny in an?|because no) ([a-z][a-z -]{2,40}(?:policy|boundary))\b/i;
const SESSION = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]{1,64})\//;

interface Denial {
  readonly action: string;
  readonly roleARN: string;
  /** As one writes it into a policy: the role of a session, since the session is one pod's. */
  readonly base: string | undefined;
  /** Made of a session's ARN, which has no path of its role. */
  readonly pathUnknown: boolean;
  readonly call: HintFacts;
}

/** The advice on a refusal of AssumeRole with this text. */
export function adviseDenied(text: string, call: HintFacts): Advice {
  const [, caller, action = 'sts:AssumeRole'] = REFUSED.exec(text) ?? [];
  const denial: Denial = { action, roleARN: call.roleARN, call, ...baseOf(caller, call.callerRoleARN) };
  const reason = REASON.exec(text);
  if (!reason) return missing(denial, 'both');
  const [, how = '', type = ''] = reason;
  const isDeny = how.startsWith('with');
  if (!isDeny && type === 'identity-based policy') return missing(denial, 'permissions');
  if (!isDeny && type === 'resource-based policy') return missing(denial, 'trust');
  return named(denial, type, isDeny);
}

/** The role behind the caller's ARN; an IAM user's is its own. `known` is the role of the hop before, with its path. */
function baseOf(caller: string | undefined, known: string | undefined): Pick<Denial, 'base' | 'pathUnknown'> {
  const session = caller === undefined ? null : SESSION.exec(caller);
  if (!session) return { base: known ?? caller, pathUnknown: false };
  const [, partition = '', account = '', name = ''] = session;
  if (known?.endsWith(`/${name}`)) return { base: known, pathUnknown: false };
  return { base: `arn:${partition}:iam::${account}:role/${name}`, pathUnknown: true };
}

const THE_BASE = 'the base role';

/** Of every kind of policy but the two that allow: whose it is. */
function ownerOf(type: string, base: string): string {
  const owners: Readonly<Record<string, string>> = {
    'service control policy': `of the AWS organization of ${base}`,
    'resource control policy': 'of the AWS organization of the role',
    'permissions boundary': `of ${base}`,
    'session policy': `of the session of ${base} (policy and policyARNs of the hop before, or of its association)`,
    'vpc endpoint policy': 'of the VPC endpoint for STS',
    'identity-based policy': `of ${base}`,
    'resource-based policy': 'of the role, its trust policy',
  };
  return owners[type.toLowerCase()] ?? 'that STS names';
}

function named({ action, roleARN, base = THE_BASE }: Denial, type: string, isDeny: boolean): Advice {
  const where = `the ${type} ${ownerOf(type, base)}`;
  return isDeny
    ? {
        hint: `A ${type} denies it, whatever other policies allow.`,
        fix: `Change ${where}: a Deny in it covers ${action} on ${roleARN} for ${base}.`,
      }
    : { hint: `The ${type} does not allow it.`, fix: `Allow ${action} on ${roleARN} in ${where}.` };
}

const MORE: Readonly<Record<string, string>> = {
  'sts:TagSession':
    ' Each session that carries tags needs it at each hop that passes them on; those of Pod Identity carry six, unless the association has `disableSessionTags`.',
  'sts:SetSourceIdentity': ' A source identity is passed on along the chain: every hop needs it.',
};

function missing(denial: Denial, where: 'both' | 'permissions' | 'trust'): Advice {
  const { action, roleARN, base = THE_BASE, pathUnknown } = denial;
  const parts = partsOf(denial);
  const path = pathUnknown ? ' If the base role has a path, write it into its ARN.' : '';
  const what = `${action} on ${roleARN} for ${base}`;
  if (where === 'permissions') {
    return {
      hint: `Missing: ${what}, in its permissions.${MORE[action] ?? ''}`,
      fix: `Add ${parts.allow} to the permissions of ${base}.${path}`,
    };
  }
  const { why, fix } = where === 'trust' ? inTrust(denial, parts) : inEither(denial, parts);
  const lead = where === 'trust' ? `Missing: ${what}, in the trust policy of the role.` : `Not allowed: ${what}.`;
  return { hint: `${lead} ${why}${MORE[action] ?? ''}`, fix: `${fix}${path}` };
}

interface Statements {
  readonly allow: string;
  readonly trust: string;
}

/** STS does not know the ExternalId of other actions (Service Authorization Reference, AWS STS). */
const asksForExternalID = ({ action, call }: Denial): boolean => action === 'sts:AssumeRole' && call.externalIDSent;

function partsOf(denial: Denial): Statements {
  const { action, roleARN, base } = denial;
  // Without the condition, the role would be open to what a person meant to keep out. The value may be of a Secret.
  const condition = asksForExternalID(denial) ? ',"Condition":{"StringEquals":{"sts:ExternalId":"<ExternalId>"}}' : '';
  return {
    allow: `{"Effect":"Allow","Action":"${action}","Resource":"${roleARN}"}`,
    trust: `{"Effect":"Allow","Action":"${action}","Principal":{"AWS":"${base ?? '<ARN of the base role>'}"}${condition}}`,
  };
}

interface Doubt {
  readonly why: string;
  readonly fix: string;
}

/** STS names neither policy: what may be wrong, and where to look in which order. */
function inEither(denial: Denial, { allow, trust }: Statements): Doubt {
  const { action, roleARN, base = THE_BASE } = denial;
  if (action !== 'sts:AssumeRole') {
    return {
      why: `STS does not say which lacks it: the permissions of ${base}, or the trust policy of the role.`,
      fix: `Add it where it lacks: ${allow} to the permissions of ${base}, ${trust} to the trust policy of ${roleARN}.`,
    };
  }
  if (asksForExternalID(denial)) {
    return {
      why: 'STS does not say why: another ExternalId in the trust policy, a missing statement there or in the permissions, or no such role.',
      fix: `Check 1. the ExternalId against the trust policy of ${roleARN}; 2. that it has ${trust}; 3. that the permissions of ${base} have ${allow}; 4. roleARN.`,
    };
  }
  return {
    why: 'STS does not say why: a missing statement in the permissions or the trust policy, an ExternalId that it asks for (none was sent), or no such role.',
    fix: `Check 1. that the permissions of ${base} have ${allow}; 2. the trust policy of ${roleARN}: if it asks for sts:ExternalId, set externalID, else it needs ${trust}; 3. roleARN.`,
  };
}

function inTrust(denial: Denial, { trust }: Statements): Doubt {
  const { action, roleARN } = denial;
  if (action !== 'sts:AssumeRole') return { why: '', fix: `Add ${trust} to the trust policy of ${roleARN}.` };
  return asksForExternalID(denial)
    ? {
        why: 'It asks for another ExternalId than was sent, or has no statement.',
        fix: `Compare the ExternalId with that of the trust policy of ${roleARN}. If it has no statement, add ${trust}.`,
      }
    : {
        why: 'It has no statement, or asks for an ExternalId: none was sent.',
        fix: `If the trust policy of ${roleARN} asks for sts:ExternalId, set externalID, else add ${trust} to it.`,
      };
}
