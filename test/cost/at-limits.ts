/** Pods at what a pod may have: more is refused before anything looks at it (webhook/src/policy/pod-size.ts). */
import { ANNOTATIONS, ENV, FOREIGN_KEYS, LIMITS, SIDECAR } from '@rolechain/shared';
import type { ReviewInput, Seed } from './input.ts';
import { ARN, ASSUME, CONFIG, podOf, range, record, reviewOf } from './parts.ts';

const ALL = range(LIMITS.podContainers, (index) => `c${index}`.padEnd(LIMITS.containerNameChars, 'x'));
/** Beside the members of a container itself. */
const ENTRIES = LIMITS.podEntries - 100;
const ROLES_OF_EACH = 3;
const WITH_DEFAULT = JSON.stringify({
  roleARN: ARN,
  roles: record(LIMITS.roles - 1, (role) => [`r${role}`, { roleARN: ARN }]),
});

type ReviewSeed = Seed & { readonly input: ReviewInput };
function atLimits(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): ReviewSeed {
  const object = podOf(spec as Record<string, unknown>, annotations);
  return { name: `at the limits: ${name}`, input: reviewOf({ account: { [ASSUME]: WITH_DEFAULT }, object }) };
}

const listWithin = (bytes: number, names: readonly string[]): string =>
  names
    .join(',')
    .slice(0, bytes)
    .replace(/,[^,]*$/, '');
const variables = (count: number, name: string): object[] =>
  range(count, (index) => ({ name: `${name}${index}`, value: 'x' }));
const oneWith = (fields: object): object => ({ containers: [{ name: 'app', image: 'x', ...fields }] });

export const AT_LIMITS: readonly ReviewSeed[] = [
  atLimits('a path of many parts', oneWith({ volumeMounts: [{ name: 'v', mountPath: '/a'.repeat(1_400_000) }] })),
  atLimits(
    'containers that each hold roles',
    {
      containers: ALL.map((_, at) => ({ name: `c${at}`, image: 'x', env: variables(ENTRIES / ALL.length - 1, 'V') })),
    },
    {
      [ANNOTATIONS.containerRoles.key]: ALL.map(
        (_, at) => `c${at}=${range(ROLES_OF_EACH, (role) => `r${role}`).join('+')}`,
      ).join(','),
    },
  ),
  atLimits('containers of long names', { containers: ALL.map((name) => ({ name, image: 'x' })) }),
  atLimits(
    'containers that are left out',
    { containers: ALL.map((name) => ({ name, image: 'x' })) },
    {
      [ANNOTATIONS.skipContainers.key]: listWithin(LIMITS.skipContainersBytes, ALL),
      [FOREIGN_KEYS.eksSkipContainers]: listWithin(
        LIMITS.eksSkipContainersBytes,
        ALL.map((name) => `"${name}"`),
      ),
    },
  ),
  atLimits('variables that SDKs read', oneWith({ env: variables(LIMITS.patchOperations - 200, 'AWS_X') })),
  atLimits('variables', oneWith({ env: variables(ENTRIES, 'V') })),
  atLimits('variables of one name', oneWith({ env: range(ENTRIES, () => ({ name: ENV.fullURI, value: 'x' })) })),
  atLimits('empty variables and proxies beside long texts', {
    containers: range(200, (at) => ({
      name: `c${at}`,
      image: 'x',
      args: ['"$('.repeat(1500)],
      env: [
        { name: ENV.roleARN, value: '' },
        { name: ENV.httpProxy, value: 'x' },
        { name: ENV.noProxy, value: '127.9.9.9,'.repeat(LIMITS.noProxyChars / 10) },
      ],
    })),
  }),
  atLimits('mounts of volumes', {
    ...oneWith({ volumeMounts: range(ENTRIES / 2, (at) => ({ name: `v${at}`, mountPath: `/${at}` })) }),
    volumes: range(ENTRIES / 2, (at) => ({ name: `v${at}`, emptyDir: {} })),
  }),
  atLimits('sources of variables', oneWith({ envFrom: range(ENTRIES, (at) => ({ secretRef: { name: `s${at}` } })) })),
  atLimits('ports', oneWith({ ports: range(ENTRIES, (at) => ({ containerPort: 1024 + at, name: `p${at}` })) })),
  atLimits('a sidecar of ours that comes in with entries', {
    initContainers: [
      {
        name: SIDECAR.name,
        restartPolicy: 'Always',
        env: [{ name: ENV.config, value: JSON.stringify(CONFIG) }, ...variables(ENTRIES, 'V')],
      },
    ],
  }),
];
