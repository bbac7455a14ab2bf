/** Where the search begins: ordinary inputs, and those that once stopped or ended a program. */
import { ANNOTATIONS, ENV, FOREIGN_KEYS, LIMITS, PATHS, SIDECAR } from '@rolechain/shared';
import { AT_LIMITS } from './at-limits.ts';
import type { ReviewInput, Seed } from './input.ts';
import { ARN, ASSUME, CONFIG, podOf, range, record, requestOf, reviewOf } from './parts.ts';

/** The same text as a pod's account has it, and as the account's author writes it. */
function annotated(name: string, text: string, key: string = ASSUME): Seed[] {
  const account = { kind: 'ServiceAccount', metadata: { name: 'orders', annotations: { [key]: text } } };
  const settings = key === ASSUME ? 0 : 2;
  return [
    { name, input: reviewOf({ account: { [key]: text }, settings }) },
    { name: `${name}, written`, input: reviewOf({ path: 'validate', object: account, settings }) },
  ];
}

/** The same on a Namespace, as its default role for an account that says nothing, and as its owner writes it. */
function onNamespace(name: string, annotations: Readonly<Record<string, string>>): Seed[] {
  const object = { kind: 'Namespace', metadata: { name: 'shop', annotations } };
  const oldObject = { ...object, metadata: { name: 'shop', annotations: { ...annotations, [ASSUME]: ARN } } };
  const settings = 4;
  return [
    { name: `${name}, by default`, input: reviewOf({ account: {}, namespace: annotations, settings }) },
    { name: `${name}, on a Namespace`, input: reviewOf({ path: 'validate', object, settings }) },
    {
      name: `${name}, on a Namespace that is updated`,
      input: reviewOf({ path: 'validate', object, settings, request: { operation: 'UPDATE', oldObject } }),
    },
  ];
}

/** Lists of accounts that select `orders` last or never: at their limit, and as much as an object may have. */
const ACCOUNT_LISTS: Readonly<Record<string, string>> = {
  'stars before letters': `${'*o'.repeat(120)}x `,
  'stars alone': `${'*'.repeat(252)}9 `,
  'names of one letter': 'a ',
  'what is no glob': 'orders[ ',
  'white space': ' \t\r\n',
};

/** A document of as many roles, hops and tags as fit. */
const LARGEST = JSON.stringify({
  roleARN: ARN,
  roles: record(LIMITS.roles - 1, (role) => [
    `r${role}`,
    {
      roleARN: ARN,
      via: range(LIMITS.via, (hop) => ({ roleARN: `${ARN}-${hop}`, tags: { a: 'b' } })),
      tags: record(8, (tag) => [`t${tag}`, 'v']),
    },
  ]),
}).slice(0, LIMITS.annotationBytes);

const MANY_ROLES = JSON.stringify({ roles: record(LIMITS.roles, (role) => [`r${role}`, { roleARN: ARN }]) });

/** What a sidecar of ours looks like when it comes in. */
function incoming(config: string, fields: Readonly<Record<string, unknown>> = {}): ReviewInput {
  const sidecar = {
    name: SIDECAR.name,
    restartPolicy: 'Always',
    env: [{ name: ENV.config, value: config }],
    ...fields,
  };
  return reviewOf({ object: podOf({ initContainers: [sidecar] }) });
}

/** Every letter of its path begins what a pattern looks for. */
const LONG_ROLE = { roleARN: `arn:aws:iam::222222222222:role/${'a'.repeat(510)}/a` };

/** `policy: {k0: &a0 [], k1: &a1 [*a0 ×10], …}`. */
function doublings(levels: number, width: number): string {
  const lines = range(levels, (level) => {
    const items = level === 0 ? '' : range(width, () => `*a${level - 1}`).join(',');
    return `k${level}: &a${level} [${items}]`;
  });
  return `roleARN: ${ARN}\npolicy: {${lines.join(', ')}}`;
}

/** Rows of the issue that asked for the budget: each stopped or ended a program with one input. */
export const ROWS: readonly Seed[] = [
  { name: 'row 1: metrics', input: requestOf({ port: 'health', path: PATHS.metrics, state: 'failing' }) },
  ...annotated('row 2: a list of itself', `&x [${range(1300, () => '*x').join(',')}]`),
  ...annotated(
    'row 2: a list of itself, for Flux',
    `&x [${range(1300, () => '*x').join(',')}]`,
    FOREIGN_KEYS.fluxAssumeRole,
  ),
  ...annotated('row 3: eight doublings', doublings(8, 10)),
  ...annotated('row 3: nine doublings', doublings(9, 10)),
  {
    name: 'row 4: a quantity',
    input: reviewOf({ object: podOf({}, { [ANNOTATIONS.sidecarCPURequest.key]: `${'1'.repeat(80_000)}!` }) }),
  },
  { name: 'row 5: unknown fields', input: incoming(JSON.stringify(record(9000, (index) => [`x${index}`, 1]))) },
  {
    name: 'row 5: roles that are none',
    input: incoming(`{"roles":{${range(4000, (index) => `"a${index}":{"y":1}`).join(',')}}}`),
  },
  ...annotated('row 5: roles that are none', `roles: {${range(2900, (index) => `a${index}: {y}`).join(',')}}`),
  {
    name: 'row 6: containers and roles',
    input: reviewOf({
      account: { [ASSUME]: MANY_ROLES },
      object: podOf(
        { containers: range(40_000, (index) => ({ name: `c${index}` })) },
        { [ANNOTATIONS.containerRoles.key]: `*=${range(LIMITS.roles, (role) => `r${role}`).join('+')}` },
      ),
    }),
  },
  { name: 'row 7: 7 MiB', input: reviewOf({ body: `[${'1,'.repeat(3.5 * 1024 * 1024)}1]` }) },
  {
    name: 'row 10: a sidecar with probes',
    input: incoming(JSON.stringify(CONFIG), {
      livenessProbe: { exec: { command: range(1000, String) } },
      volumeDevices: range(1000, (index) => ({ name: `d${index}`, devicePath: `/${index}` })),
      workingDir: '/x'.repeat(1000),
      stdin: true,
    }),
  },
  ...annotated('row 11: a policy that holds itself', `&x\nroleARN: ${ARN}\npolicy: *x`),
  { name: 'row 12: hostPID', input: reviewOf({ object: podOf({ hostPID: true }), account: { [ASSUME]: MANY_ROLES } }) },
  {
    name: 'row 13: allowed roles',
    input: reviewOf({
      account: { [ASSUME]: JSON.stringify({ roles: record(LIMITS.roles, (role) => [`r${role}`, LONG_ROLE]) }) },
      namespace: {
        [ANNOTATIONS.allowedRoles.key]: range(15, () => `arn:aws:iam::*:role/*${'a'.repeat(500)}b`).join(' '),
      },
    }),
  },
  {
    name: 'row 14: names that are paths',
    input: reviewOf({ object: podOf({ serviceAccountName: '.' }), request: { namespace: '..' } }),
  },
  { name: 'row 15: no token', input: requestOf({ headers: [['host', '127.0.0.1:28173']] }) },
  { name: 'row 16: a failing role', input: requestOf({ state: 'failing' }) },
  {
    // Each is compared with each, and alike to its middle.
    name: 'names of containers, one letter off and a half',
    input: reviewOf({
      object: podOf(
        { containers: range(LIMITS.podContainers, (index) => ({ name: `${'x'.repeat(57)}bc${index}` })) },
        {
          [ANNOTATIONS.containerRoles.key]: range(245, (index) => `${'x'.repeat(57)}a${index}a=default`)
            .join(',')
            .slice(0, LIMITS.containerRolesBytes - 8),
        },
      ),
    }),
  },
];

const ORDINARY: readonly Seed[] = [
  { name: 'ordinary: a pod', input: reviewOf() },
  { name: 'ordinary: a pod without a role', input: reviewOf({ account: {} }) },
  {
    name: 'ordinary: a pod of many parts',
    input: reviewOf({
      object: podOf(
        {
          initContainers: range(3, (index) => ({ name: `i${index}`, image: 'x' })),
          containers: range(20, (index) => ({
            name: `c${index}`,
            image: 'x',
            env: range(30, (at) => ({ name: `V${at}`, value: 'x' })),
            volumeMounts: range(10, (at) => ({ name: `v${at}`, mountPath: `/${at}` })),
          })),
          volumes: range(10, (at) => ({ name: `v${at}`, emptyDir: {} })),
        },
        { [ANNOTATIONS.skipContainers.key]: 'c1,c2', [FOREIGN_KEYS.eksSkipContainers]: 'c3,"c4"' },
      ),
    }),
  },
  { name: 'ordinary: a pod that comes in again', input: incoming(JSON.stringify(CONFIG)) },
  {
    name: 'ordinary: an allowed namespace',
    input: reviewOf({ namespace: { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::*:role/*' } }),
  },
  ...annotated('ordinary: the largest document', LARGEST),
  ...annotated(
    'ordinary: YAML',
    `roleARN: ${ARN}\nvia:\n- roleARN: ${ARN}\n  tags: {team: shop}\npolicy: |\n  {"Version": "2012-10-17", "Statement": []}\nroles:\n  audit: &x\n    roleARN: "${ARN}"\n`,
  ),
  ...annotated(
    "ordinary: Flux's",
    `roleARN: ${ARN}\nuseServiceAccount: true\nx: [y, z]\n`,
    FOREIGN_KEYS.fluxAssumeRole,
  ),
  ...annotated(
    'ordinary: another account',
    JSON.stringify({
      roles: record(10, (role) => [`r${role}`, { roleARN: ARN, serviceAccount: { name: `a${role}`, namespace: 'x' } }]),
    }),
  ),
  {
    name: 'ordinary: a Namespace',
    input: reviewOf({
      path: 'validate',
      object: { kind: 'Namespace', metadata: { name: 'shop', annotations: { [ANNOTATIONS.allowedRoles.key]: 'x y' } } },
    }),
  },
  { name: 'ordinary: credentials', input: requestOf() },
  {
    name: 'ordinary: credentials of a role',
    input: requestOf({ path: `${PATHS.credentials}/role-7`, state: 'fetching' }),
  },
  ...[PATHS.healthz, PATHS.readyz, PATHS.status].map((path) => ({
    name: `ordinary: ${path}`,
    input: requestOf({ port: 'health', path, state: 'failing' }),
  })),
];

/** Forms of documents that parsers are known to take long for. */
const HARD_DOCUMENTS: Readonly<Record<string, string>> = {
  'lists in lists': '['.repeat(5000),
  'maps in maps': '{a: '.repeat(3000),
  'blocks in blocks': range(150, (level) => `${' '.repeat(level)}a:`).join('\n'),
  dashes: '- '.repeat(5000),
  'question marks': '? '.repeat(5000),
  merges: `a: &a {x: 1}\nb: {${range(2000, () => '<<: *a').join(', ')}}`,
  'many keys': range(5000, (index) => `k${index}: 1`).join('\n'),
  'one key again and again': 'a: 1\n'.repeat(5000),
  comments: '#\n'.repeat(10_000),
  anchors: range(3000, (index) => `&a${index} `).join(''),
  'a long scalar': `roleARN: ${'x: '.repeat(8000)}`,
  'a folded scalar': `roleARN: >\n${'  x\n\n'.repeat(5000)}`,
  quotes: `"${'\\x41'.repeat(5000)}"`,
  tags: '!!str '.repeat(4000),
  directives: '%TAG ! x\n'.repeat(3000),
  numbers: `[${range(4000, (index) => `0x${index}`).join(',')}]`,
  'a policy': JSON.stringify({ roleARN: ARN, policy: range(6000, () => []) }),
  'policies in each other': JSON.stringify({ roleARN: ARN, policy: 0 }).replace(
    '0',
    () => `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`,
  ),
  'names of fields with errors': range(2000, (index) => `roleARM${index}: x`).join('\n'),
};

export const SEEDS: readonly Seed[] = [
  ...ORDINARY,
  ...ROWS,
  ...AT_LIMITS,
  ...Object.entries(ACCOUNT_LISTS).flatMap(([name, piece]) =>
    [LIMITS.assumeRoleAccountsBytes, 250_000].flatMap((bytes) =>
      onNamespace(`a default for ${name}, ${bytes} bytes`, {
        [ASSUME]: ARN,
        [ANNOTATIONS.assumeRoleAccounts.key]: piece.repeat(Math.floor(bytes / piece.length)),
      }),
    ),
  ),
  ...Object.entries(HARD_DOCUMENTS).flatMap(([name, text]) => [
    ...annotated(name, text),
    ...annotated(`${name}, for Flux`, text, FOREIGN_KEYS.fluxAssumeRole),
    ...onNamespace(name, { [ASSUME]: text }),
  ]),
];
