/** A Namespace's default role: what is wrong with it when it is written, and when a pod comes that it is for. */
import { ARN, AUDIT } from '../roles.ts';
import { MISSING, WITHIN, type Refusal } from './refusal.ts';

const ROLE = 'rolechain.io/assume-role';
const LIST = 'rolechain.io/assume-role-accounts';
const ALLOWED = 'rolechain.io/allowed-roles';
const TENANT = 'arn:aws:iam::222222222222:role/*';
const LONG = `{roleARN: "${ARN}", duration: 13h}`;

/** Annotations of the rows' namespaces: stored before anything checked them. */
export const DEFAULT_NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'default-long': { [ROLE]: LONG, [LIST]: 'a-default-*' },
  'default-irsa': { [ROLE]: `{roleARN: "${ARN}", credentialSource: irsa}` },
  'default-tenant': { [ROLE]: AUDIT, [ALLOWED]: TENANT },
};

const INVALID =
  "The Namespace's annotation rolechain.io/assume-role is invalid, or cannot hold for this ServiceAccount";
const FIX = `Ask the owner of the namespace to correct it, or write ${ROLE}: none on the ServiceAccount.`;
const TOO_LONG = `${INVALID}: ${ROLE}: duration is "13h", but takes 900-3600 s, the limits of a chained session (to 43200 s with webIdentity: only), as 1h, 45m or seconds; ${WITHIN}. ${FIX}`;
const NOT_ALLOWED = `The namespace does not allow a role of the chain: ${AUDIT}; Namespace`;
const ALLOW = `Ask the owner of the namespace to add a pattern to its annotation ${ALLOWED}, or take the role out.`;

const LIST_INVALID = `The Namespace's annotation ${LIST} is invalid:`;
const noGlob = (word: string): string =>
  `${LIST} has "${word}", which matches no name; write names of ServiceAccounts (a-z, 0-9, - and .), with * for any text, separated by spaces (FieldOutOfRange)`;

/** The account itself says nothing, so that nothing is wrong with it when it is written. */
const atPod = { installation: 'defaults', byDefault: true, atPod: true } as const;
const written = { installation: 'defaults' } as const;

export const DEFAULTS: readonly Refusal[] = [
  {
    name: 'a-default-that-is-invalid',
    namespace: 'default-long',
    ...atPod,
    reason: 'DefaultRoleInvalid',
    says: TOO_LONG,
  },
  {
    name: 'a-default-that-needs-a-base-role',
    namespace: 'default-irsa',
    ...atPod,
    reason: 'DefaultRoleInvalid',
    says: `${INVALID}: ${ROLE}: credentialSource is irsa, but the account has no base role; annotate the account with eks.amazonaws.com/role-arn (FieldConflict). ${FIX}`,
  },
  {
    name: 'a-default-that-its-namespace-does-not-allow',
    namespace: 'default-tenant',
    ...atPod,
    reason: 'RoleNotAllowed',
    says: `${NOT_ALLOWED} default-tenant allows ${TENANT}. ${ALLOW}`,
  },
  {
    name: 'written-default-that-is-invalid',
    onNamespace: { [ROLE]: LONG },
    ...written,
    reason: 'DefaultRoleInvalid',
    says: TOO_LONG,
  },
  {
    name: 'written-default-without-a-role',
    onNamespace: { [ROLE]: '{duration: 1h}' },
    ...written,
    reason: 'DefaultRoleInvalid',
    says: `${INVALID}: ${ROLE}: roleARN ${MISSING}. ${FIX}`,
  },
  {
    name: 'written-default-that-is-not-allowed',
    onNamespace: { [ROLE]: AUDIT, [ALLOWED]: TENANT },
    ...written,
    reason: 'RoleNotAllowed',
    says: `${NOT_ALLOWED} written-default-that-is-not-allowed allows ${TENANT}. ${ALLOW}`,
  },
  {
    name: 'written-accounts-that-are-no-globs',
    onNamespace: { [LIST]: 'orders team-* orders[ Orders' },
    reason: 'DefaultAccountsInvalid',
    says: `${LIST_INVALID} ${['orders[', 'Orders'].map(noGlob).join('. ')}. Correct it.`,
  },
  {
    name: 'written-accounts-over-the-limit',
    onNamespace: { [LIST]: 'a '.repeat(513) },
    reason: 'DefaultAccountsInvalid',
    says: `${LIST_INVALID} ${LIST} on the Namespace has more than 1024 bytes, its limit; shorten it (DocumentTooLarge). Correct it.`,
  },
];
