/** Arbitrary pods for property tests: the shapes that decide and patch look at, and fields they have never heard of. */
import fc from 'fast-check';
import { EKS_SKIP_KEY, NO_PROXY_VARIABLES, REMOVED_EMPTY, VELERO_KEY } from '../unmanaged/names.ts';
import { allContainers, type DraftContainer, type DraftPod } from '../pod.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/);
/** As an apiserver's JSON has it: no -0. */
const jsonValue = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** Fields unknown to this program, with names and values that are awkward to carry. */
const unknownFields = fc.dictionary(
  fc.constantFrom('futureField', 'x/y', 'a~b', 'lifecycle', 'imagePullPolicy', 'tty'),
  fc.oneof(jsonValue, fc.constant({ nested: [{ deep: null }] })),
  { maxKeys: 3 },
);
const harmlessNames = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_STS_REGIONAL_ENDPOINTS',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_PROFILE',
  'HTTP_PROXY',
  ...NO_PROXY_VARIABLES,
  'PATH',
  'A$B',
];
const variable = fc.record({
  name: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...harmlessNames) }, { weight: 2, arbitrary: label }),
  value: fc.oneof(fc.constantFrom('', 'eu-central-1', 'us-east-1', '$(POD)', 'false', 'x,127.0.0.1'), fc.string()),
});
/** Variables of which SDKs take an empty value for one: it draws a warning, or is taken out. */
export const TOLD_EMPTY: readonly string[] = [
  ...REMOVED_EMPTY.filter((name) => !name.endsWith('_REGION')),
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ...['AMAZON_ACCESS_KEY_ID', 'AMAZON_SECRET_ACCESS_KEY'],
  ...['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CREDENTIAL_FILE'],
];
/** They contradict nothing where no envFrom stands beside them. */
const emptyVariable = fc.constantFrom(...TOLD_EMPTY.map((name) => ({ name, value: '' })));
const fromSecret = fc.record({
  name: label,
  valueFrom: fc.constant({ secretKeyRef: { name: 's', key: 'k' } }),
});
/** Variables as a pod may have them; names are unique, as users write them. */
const env = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: variable }, { weight: 1, arbitrary: fromSecret }), {
  maxLength: 5,
  selector: ({ name }) => name,
});
const mount = fc.record({
  name: fc.constantFrom('data', 'conf'),
  mountPath: fc.constantFrom('/data', '/etc/conf', '/var/run'),
});

function container(name: string): fc.Arbitrary<DraftContainer> {
  return fc
    .record(
      {
        image: fc.constant('app:1'),
        env: fc.oneof({ weight: 5, arbitrary: env }, { weight: 1, arbitrary: fc.constant(null) }),
        envFrom: fc.constant([{ configMapRef: { name: 'c' } }]),
        volumeMounts: fc.uniqueArray(mount, { maxLength: 2, selector: ({ mountPath }) => mountPath }),
        ports: fc.array(fc.record({ containerPort: fc.constantFrom(8080, 28173, 28174, 28175) }), { maxLength: 2 }),
        resources: fc.constantFrom({}, { limits: { cpu: '1', memory: '1Gi' } }, { requests: { cpu: '1' } }),
        unknown: unknownFields,
        empties: fc.array(emptyVariable, { maxLength: 2 }),
      },
      { requiredKeys: ['image'] },
    )
    .map(({ unknown, empties, ...rest }) => {
      const variables = empties && rest.env && !rest.envFrom ? { env: [...empties, ...rest.env] } : {};
      return { ...unknown, ...rest, ...variables, name } as unknown as DraftContainer;
    });
}

const names = fc.uniqueArray(fc.oneof(label, fc.constant('istio-proxy')), { minLength: 1, maxLength: 4 });
const podAnnotations = fc.record(
  {
    'rolechain.io/skip-containers': fc.constantFrom('', 'app', 'istio-proxy,app'),
    [EKS_SKIP_KEY]: fc.constantFrom(
      '',
      'other',
      'a, b',
      'x\ny',
      '\nother',
      '"a","b"',
      'a"b',
      '"open',
      'a\rb',
      '"a\r\nb",c',
    ),
    [VELERO_KEY]: fc.constantFrom('', 'data', 'data,', 'a, rolechain', 'conf,data'),
    'example.com/a~b': fc.string(),
    'rolechain.io/skipped': fc.constant('NoContainerSelected'),
  },
  { requiredKeys: [] },
);

/** A pod whose containers contradict nothing: an annotated account gets it injected, or skipped when no container is left. */
export const arbitraryPod: fc.Arbitrary<DraftPod> = fc
  .tuple(
    names,
    fc.integer({ min: 0, max: 3 }),
    unknownFields,
    fc.option(podAnnotations, { nil: undefined }),
    fc.option(
      fc.constant([
        { name: 'data', emptyDir: {} },
        { name: 'conf', configMap: { name: 'c' } },
      ]),
      { nil: undefined },
    ),
  )
  .chain(([all, inits, unknown, annotations, volumes]) => {
    const cut = Math.min(inits, all.length - 1);
    return fc
      .record({
        initContainers: fc.tuple(...all.slice(0, cut).map(container)),
        containers: fc.tuple(...all.slice(cut).map(container)),
        explicitEmpty: fc.boolean(),
      })
      .map(({ initContainers, containers, explicitEmpty }): DraftPod => ({
        metadata: { name: 'p', ...(annotations ? { annotations } : {}) },
        spec: {
          ...unknown,
          serviceAccountName: 'orders',
          containers,
          ...(initContainers.length > 0 || explicitEmpty ? { initContainers } : {}),
          ...(volumes ? { volumes: [...volumes] } : {}),
        },
      }));
  });

const ROLE_NAMES = ['default', 'audit', 'export'] as const;
const secretKey = fc.record({ name: fc.constantFrom('aws', 'other.aws'), key: fc.constantFrom('id', 'id-2') });
const hop = fc.record(
  {
    roleARN: fc.constantFrom('hub', 'team/hub', 'spoke').map((name) => `arn:aws:iam::222222222222:role/${name}`),
    externalIDFrom: secretKey.map((secretKeyRef) => ({ secretKeyRef })),
    tags: fc.dictionary(fc.constantFrom('team', 'cost-center'), fc.constantFrom('', 'a b', 'x'), {
      maxKeys: 2,
    }),
    stsRegion: fc.constantFrom('us-east-1', 'eu-west-1'),
    policyARNs: fc.constant(['arn:aws:iam::aws:policy/ReadOnlyAccess']),
    policy: fc.constant({ Version: '2012-10-17', Statement: [{ Resource: '${aws:username}$(X)' }] }),
  },
  { requiredKeys: ['roleARN'] },
);
const role = fc
  .record({
    target: hop,
    via: fc.array(hop, { maxLength: 2 }),
    rest: fc.oneof(
      fc.record({ credentialSource: fc.constantFrom('auto', 'pod-identity', 'irsa') }),
      fc.record({ serviceAccount: fc.constant({ name: 'shared-aws', namespace: 'platform' }) }),
      fc.record({ region: fc.constantFrom('us-west-2', 'eu-north-1'), sourceIdentity: fc.constant('me') }),
    ),
  })
  .map(({ target, via, rest }) => ({ ...target, ...(via.length > 0 ? { via } : {}), ...rest }));

/** The text of a valid annotation with one to three roles; `default` may be missing. Its account has a base role. */
export const arbitraryAnnotation: fc.Arbitrary<string> = fc
  .uniqueArray(fc.constantFrom(...ROLE_NAMES), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(fc.constant(names), fc.tuple(...names.map(() => role))))
  .map(([names, roles]) => {
    const byName = names.map((name, index) => [name, roles[index]] as const);
    const { default: top, ...further } = Object.fromEntries(byName);
    return JSON.stringify({ ...top, ...(Object.keys(further).length > 0 ? { roles: further } : {}) });
  });

/** A pod of `arbitraryPod` with the annotations by which it picks among these roles. */
export function withRoleAnnotations(pod: DraftPod, declared: readonly string[]): fc.Arbitrary<DraftPod> {
  const containers = allContainers(pod).map(({ name }) => name);
  const skipped = (pod.metadata.annotations?.['rolechain.io/skip-containers'] ?? '').split(',');
  const free = containers.filter((name) => !skipped.includes(name));
  const held = fc.shuffledSubarray([...declared], { minLength: 1 });
  const entries = fc.tuple(fc.subarray(free), fc.array(held, { minLength: 4, maxLength: 4 }));
  return fc
    .record({ entries, token: fc.option(fc.constantFrom('file', 'env'), { nil: undefined }) })
    .map(({ entries: [names, roles], token }): DraftPod => {
      const asked = names.map((name, index) => `${name}=${(roles[index] ?? []).join('+')}`).join(', ');
      const annotations = {
        ...pod.metadata.annotations,
        ...(asked === '' ? {} : { 'rolechain.io/container-roles': asked }),
        ...(token === undefined ? {} : { 'rolechain.io/authorization-token': token }),
      };
      return { ...pod, metadata: { ...pod.metadata, annotations } };
    });
}
