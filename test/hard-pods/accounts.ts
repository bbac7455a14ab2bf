/** The ServiceAccounts and Namespaces of the hard pods. */
import { ANNOTATIONS, LIMITS, NO_ROLE } from '@rolechain/shared';
import { limitRulesOf, type LimitRule } from '@rolechain/webhook';

const ORDERS = 'arn:aws:iam::222222222222:role/orders';
const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const KEY = ANNOTATIONS.assumeRole.key;

/** Names of the roles of `many`: `default` and 31 others. */
export const MANY_ROLES: readonly string[] = [
  'default',
  ...Array.from({ length: LIMITS.roles - 1 }, (_, index) => `role-${index + 1}`),
];

/** A document of as many roles and bytes as there may be, in what costs most: tags that fill it to the last byte. */
function largestDocument(): string {
  const write = (): string => {
    const role = (name: string): object => ({
      roleARN: `arn:aws:iam::222222222222:role/${name}`,
      externalID: 'x'.repeat(450),
      tags: { team: 'x'.repeat(256), more: 'y'.repeat(100) },
    });
    const [top = '', ...others] = MANY_ROLES;
    const roles = Object.fromEntries(others.map((name) => [name, role(name)]));
    return JSON.stringify({ ...role(top), roles });
  };
  const room = LIMITS.annotationBytes - write().length;
  // What is left over goes behind the document as white space: the grammar counts it.
  return `${write()}${' '.repeat(room)}`;
}

/** Annotations by the account's name. */
export const ACCOUNTS = {
  orders: { [KEY]: ORDERS },
  /** Mirror pods name no account. */
  default: { [KEY]: ORDERS },
  two: { [KEY]: JSON.stringify({ roleARN: ORDERS, roles: { audit: { roleARN: AUDIT } } }) },
  'no-default': { [KEY]: JSON.stringify({ roles: { audit: { roleARN: AUDIT } } }) },
  many: { [KEY]: largestDocument() },
  irsa: { [KEY]: ORDERS, 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' },
  invalid: { [KEY]: `{roleARN: "${ORDERS}", duration: 9h}` },
  environment: { [KEY]: `{roleARN: "${ORDERS}", credentialSource: environment}` },
  borrower: { [KEY]: `{roleARN: "${ORDERS}", serviceAccount: {name: orders}}` },
  misspelt: { 'rolechain.io/asume-role': ORDERS },
  required: { [KEY]: `{roleARN: "${ORDERS}", startup: require}` },
  'explicit-irsa': {
    [KEY]: `{roleARN: "${ORDERS}", credentialSource: irsa}`,
    'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base',
  },
  long: { [KEY]: `{roleARN: "${ORDERS}", duration: 45m}` },
  tagging: {
    [KEY]: `{roleARN: "${ORDERS}", via: [{roleARN: "${AUDIT}", tags: {team: x}, transitiveTagKeys: [team]}]}`,
  },
  plain: {},
  refusing: { [KEY]: NO_ROLE },
  based: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' },
  /** As `plain`, and under the variant `defaultRole` the admin does not let it ask. */
  barred: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type AccountName = keyof typeof ACCOUNTS;

/** In the Namespace `tight`: less memory than a sidecar runs in. */
export const LIMIT_RANGE = {
  name: 'small',
  spec: { limits: [{ type: 'Container', max: { memory: '24Mi' } }] },
} as const;

/** What is known of a Namespace's LimitRanges, where no cluster has them. */
export const limitRulesIn = (namespace: string): LimitRule[] =>
  namespace === 'tight' ? limitRulesOf(LIMIT_RANGE.name, LIMIT_RANGE.spec) : [];

/**
 * Annotations and labels of each Namespace: `strict` has the strictest Pod Security level; `given`, `listed` and
 * `mistaken` have a default role.
 */
export const NAMESPACES = {
  shop: { annotations: {}, labels: {} },
  fenced: { annotations: { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::*:role/audit' }, labels: {} },
  overgrown: { annotations: { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::*:role/* '.repeat(101) }, labels: {} },
  tight: { annotations: {}, labels: {} },
  given: { annotations: { [KEY]: 'arn:aws:iam::222222222222:role/given' }, labels: {} },
  listed: {
    annotations: { [KEY]: ORDERS, [ANNOTATIONS.assumeRoleAccounts.key]: 'plain[ (plain) Plain based\nord*' },
    labels: {},
  },
  mistaken: { annotations: { [KEY]: `{roleARN: "${ORDERS}", duration: 9h}` }, labels: {} },
  strict: { annotations: {}, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
} as const satisfies Record<string, object>;
export type NamespaceName = keyof typeof NAMESPACES;
