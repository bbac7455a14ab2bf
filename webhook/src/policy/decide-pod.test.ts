import fc from 'fast-check';
import { REASONS } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { decide } from './decide-pod.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const app = (fields: Record<string, unknown>): Record<string, unknown> =>
  plainPod({ containers: [{ name: 'app', ...fields }] });
const withEnv = (...env: Record<string, unknown>[]): Record<string, unknown> => app({ env });
const ourMount = { name: 'rolechain', mountPath: '/x', subPath: 'default', readOnly: true };

describe('left alone', () => {
  test.each([
    [
      'a mirror pod, even of an invalid annotation',
      plainPod({}, { 'kubernetes.io/config.mirror': 'x' }),
      account('nonsense'),
      'MirrorPod',
    ],
    [
      'inject: "false", even of an invalid annotation',
      plainPod({}, { 'rolechain.io/inject': 'false' }),
      account('nonsense'),
      'OptedOut',
    ],
    ['an account without the annotation', plainPod({ hostNetwork: true }), account(''), 'NotAnnotated'],
    ['no account', plainPod(), undefined, 'NotAnnotated'],
  ])('%s', (_name, pod, who, reason) => {
    const { decision, pod: after } = { decision: decide(pod, who, SETTINGS), pod };
    expect(decision).toMatchObject({ outcome: 'skipped', reason });
    expect(decision).not.toHaveProperty('marked');
    expect(after).toBe(pod);
  });
});

describe('refused', () => {
  const cases: [string, Record<string, unknown>, string, RegExp][] = [
    ['static keys', withEnv({ name: 'AWS_ACCESS_KEY_ID', valueFrom: {} }), 'StaticKeys', /app: AWS_ACCESS_KEY_ID/],
    [
      "a user's own web identity",
      withEnv({ name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/mine' }),
      'OwnWebIdentity',
      /AWS_WEB_IDENTITY/,
    ],
    ['a role ARN alone', withEnv({ name: 'AWS_ROLE_ARN', value: TARGET }), 'OwnWebIdentity', /AWS_ROLE_ARN/],
    [
      'RELATIVE_URI',
      withEnv({ name: 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', value: '/x' }),
      'OwnContainerCredentials',
      /RELATIVE/,
    ],
    [
      'a FULL_URI elsewhere',
      withEnv({ name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: 'http://127.0.0.1:1/' }),
      'OwnContainerCredentials',
      /FULL_URI/,
    ],
    [
      'a token in the environment',
      withEnv({ name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN', value: 'x' }),
      'OwnContainerCredentials',
      /TOKEN/,
    ],
    ["the host's network", plainPod({ hostNetwork: true }), 'HostNetwork', /hostNetwork/],
    ['Windows by os', plainPod({ os: { name: 'windows' } }), 'Windows', /Linux/],
    ['Windows by node selector', plainPod({ nodeSelector: { 'kubernetes.io/os': 'windows' } }), 'Windows', /Linux/],
    ['a container of our name', plainPod({ containers: [{ name: 'rolechain' }] }), 'NameTaken', /containers\[0\]/],
    [
      'an init container of our name',
      plainPod({ initContainers: [{ name: 'rolechain' }] }),
      'NameTaken',
      /initContainers\[0\]/,
    ],
    [
      'a volume of our name',
      plainPod({ volumes: [{ name: 'rolechain', hostPath: { path: '/' } }] }),
      'NameTaken',
      /volume rolechain /,
    ],
    [
      'a volume of our prefix',
      plainPod({ volumes: [{ name: 'rolechain-data', emptyDir: {} }] }),
      'NameTaken',
      /rolechain-data/,
    ],
    [
      'a token of another audience in our volume',
      plainPod({ volumes: [{ name: 'rolechain-base-identity', projected: { sources: [{ secret: { name: 's' } }] } }] }),
      'NameTaken',
      /base-identity/,
    ],
    [
      'a mount of all tokens',
      app({ volumeMounts: [{ name: 'rolechain', mountPath: '/x' }] }),
      'NameTaken',
      /app mounts/,
    ],
    [
      'a writable mount of a token',
      app({ volumeMounts: [{ ...ourMount, readOnly: false }] }),
      'NameTaken',
      /app mounts/,
    ],
    [
      'a mount of the base identity',
      app({ volumeMounts: [{ ...ourMount, name: 'rolechain-base-identity' }] }),
      'NameTaken',
      /base-identity/,
    ],
    [
      'our mount path',
      app({ volumeMounts: [{ name: 'd', mountPath: '/var/run/secrets/rolechain.io/default/' }] }),
      'MountPathTaken',
      /rolechain\.io\/default/,
    ],
    [
      'an unknown annotation of ours',
      plainPod({}, { 'rolechain.io/skip-container': 'a' }),
      'PodAnnotationInvalid',
      /did you mean rolechain.io\/skip-containers/,
    ],
    ['inject: maybe', plainPod({}, { 'rolechain.io/inject': 'no' }), 'PodAnnotationInvalid', /"true" nor "false"/],
    ['no spec', { metadata: {} }, 'PodMalformed', /spec is missing/],
    ['containers of another type', plainPod({ containers: { a: 1 } }), 'PodMalformed', /spec\.containers/],
  ];
  test.each(cases)('%s', (_name, pod, reason, detail) => {
    const { decision } = call(pod);
    expect(decision).toMatchObject({ outcome: 'refused', reason });
    expect(decision.outcome === 'refused' && decision.message).toMatch(detail);
    expect(decision.outcome === 'refused' && decision.message).toContain('ServiceAccount shop/orders');
  });

  const annotations: [string, string, RegExp][] = [
    ['no ARN', 'nonsense', /roleARN is "nonsense", but takes an IAM role ARN/],
    ['too long a duration', `{roleARN: "${TARGET}", duration: 2h}`, /duration is 7200 s, but takes at most 3600 s/],
    [
      'an unknown field',
      `{roleARN: "${TARGET}", tag: {a: b}}`,
      /tag is not a field of this version; did you mean tags/,
    ],
    [
      'IRSA without a base role',
      `{roleARN: "${TARGET}", credentialSource: irsa}`,
      /annotate the account with eks.amazonaws.com\/role-arn/,
    ],
  ];
  test.each(annotations)('an annotation with %s', (_name, text, detail) => {
    const decision = decide(plainPod(), account(text), SETTINGS);
    expect(decision).toMatchObject({
      outcome: 'refused',
      reason: 'AnnotationInvalid',
      message: expect.stringMatching(detail),
    });
  });

  test.each([
    ["the webhook's Region", 'arn:aws-cn:iam::222222222222:role/orders', {}, /region is missing.*eu-central-1.*aws-cn/],
    [
      'a base role',
      `{roleARN: "arn:aws-cn:iam::222222222222:role/x", region: cn-north-1}`,
      { 'eks.amazonaws.com/role-arn': TARGET },
      /aws-cn, but the base role is of aws/,
    ],
  ])('a role of another partition than %s', (_name, text, others, detail) => {
    const decision = decide(plainPod(), account(text, others), SETTINGS);
    expect(decision).toMatchObject({
      outcome: 'refused',
      reason: 'AnnotationInvalid',
      message: expect.stringMatching(detail),
    });
  });

  test('{cluster} without the setting', () => {
    const decision = decide(plainPod(), account(`{roleARN: "${TARGET}", sessionName: "{cluster}"}`), {
      ...SETTINGS,
      cluster: undefined,
    });
    expect(decision).toMatchObject({
      outcome: 'refused',
      reason: 'AnnotationInvalid',
      message: expect.stringContaining('{cluster}'),
    });
  });

  test('credentialSource: environment, but in the namespaces that the admin lists', () => {
    const who = account(`{roleARN: "${TARGET}", credentialSource: environment}`);
    expect(decide(plainPod(), who, SETTINGS)).toMatchObject({ outcome: 'refused', reason: 'SourceForbidden' });
    expect(decide(plainPod(), { ...who, namespace: 'lab' }, SETTINGS).outcome).toBe('injected');
  });
});

describe('conflicts: warn', () => {
  const settings = { ...SETTINGS, conflicts: 'warn' as const };
  test('of a container skips that container alone', () => {
    const pod = plainPod({
      containers: [{ name: 'app', env: [{ name: 'AWS_ROLE_ARN', value: 'x' }] }, { name: 'other' }],
    });
    const { decision, pod: after } = call(pod, account(), settings);
    expect(decision).toMatchObject({ outcome: 'injected', warnings: [expect.stringContaining('AWS_ROLE_ARN')] });
    expect(JSON.stringify(after)).toContain(String.raw`\"skipped\":{\"app\":\"OwnWebIdentity\"}`);
  });
  test('of the pod skips the pod', () => {
    const { decision, pod } = call(plainPod({ hostNetwork: true }), account(), settings);
    expect(decision).toMatchObject({ outcome: 'skipped', reason: 'HostNetwork' });
    expect(pod).toMatchObject({ metadata: { annotations: { 'rolechain.io/skipped': 'HostNetwork' } } });
  });
  test.each([
    ['a taken name', plainPod({ containers: [{ name: 'rolechain' }] })],
    ['a taken mount path', app({ volumeMounts: [{ name: 'd', mountPath: '/var/run/secrets/rolechain.io/default' }] })],
  ])('%s is refused all the same', (_name, pod) => {
    expect(decide(pod, account(), settings).outcome).toBe('refused');
  });
});

test('AWS_PROFILE draws a warning', () => {
  expect(call(withEnv({ name: 'AWS_PROFILE', value: 'x' })).decision).toMatchObject({
    outcome: 'injected',
    warnings: [expect.stringContaining('AWS_PROFILE')],
  });
});

test('a container of a mesh holds no role', () => {
  const { decision } = call(plainPod({ containers: [{ name: 'app' }, { name: 'istio-proxy' }] }));
  expect(decision.outcome === 'injected' && decision.containers).toMatchObject([
    { name: 'app', roles: ['default'] },
    { name: 'istio-proxy', roles: [], skipped: 'MeshContainer' },
  ]);
});

test('no JSON value crashes it, and every outcome has a reason of the table', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({ metadata: fc.jsonValue(), spec: fc.jsonValue() }),
    fc.record({
      spec: fc.record({
        containers: fc.array(fc.dictionary(fc.constantFrom('name', 'env', 'volumeMounts', 'ports'), fc.jsonValue())),
      }),
    }),
  );
  fc.assert(
    fc.property(anything, fc.string(), (pod, annotation) => {
      for (const text of [TARGET, annotation]) {
        const { decision } = call(pod, account(text));
        expect(Object.keys(REASONS)).toContain(decision.reason);
      }
    }),
    { numRuns: runs(1000) },
  );
});
