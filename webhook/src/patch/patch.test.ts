import fc from 'fast-check';
import { ENV, SIDECAR, tokenFile } from '@rolechain/shared';
import { expand } from '@rolechain/kit/kubelet-expansion.ts';
import { arbitraryPod } from '@rolechain/kit/models/pods.ts';
import { valueOf, type DraftPod } from '@rolechain/kit/pod.ts';
import { unmanagedChanges } from '@rolechain/kit/unmanaged/fresh.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** As every injected pod is. */
type Injected = DraftPod & {
  metadata: { annotations: Record<string, string> };
  spec: Required<Pick<DraftPod['spec'], 'initContainers' | 'volumes'>>;
};
const inject = (pod: unknown, ...rest: [] | [ReturnType<typeof account>]): Injected =>
  call(pod, ...rest).pod as Injected;

describe('patch', () => {
  test('changes nothing but what the contract names', () => {
    fc.assert(
      fc.property(arbitraryPod, random, (pod, r) => {
        const before = structuredClone(pod);
        const result = call(pod, account(), SETTINGS, () => r);
        expect(result.decision.outcome).not.toBe('refused');
        expect(unmanagedChanges(before, result.pod)).toEqual([]);
        expect(pod).toEqual(before);
      }),
    );
  });

  test('a second call changes nothing, whatever the random value', () => {
    fc.assert(
      fc.property(arbitraryPod, random, random, (pod, r1, r2) => {
        const once = call(pod, account(), SETTINGS, () => r1).pod;
        const twice = call(once, account(), SETTINGS, () => r2);
        expect(twice.decision.outcome).not.toBe('refused');
        expect(twice.pod).toEqual(once);
      }),
    );
  });

  test('every container but skipped ones has the role, and the sidecar is first', () => {
    fc.assert(
      fc.property(arbitraryPod, (pod) => {
        const { decision, pod: after } = call(pod);
        if (decision.outcome !== 'injected') return;
        const { spec } = after as Injected;
        expect(spec.initContainers[0]?.name).toBe(SIDECAR.name);
        for (const { list, name, roles } of decision.containers) {
          const container = spec[list].find((c) => c.name === name);
          const mounts = container?.volumeMounts?.filter((mount) => mount.name === SIDECAR.tokenVolume) ?? [];
          expect(mounts).toEqual(
            roles.map((role) => ({
              name: 'rolechain',
              mountPath: `/var/run/secrets/rolechain.io/${role}`,
              subPath: role,
              readOnly: true,
            })),
          );
          const role = roles[0];
          // An empty one stays where the container holds no role.
          expect(valueOf(container, ENV.tokenFile) ?? '').toBe(role === undefined ? '' : tokenFile(role));
        }
      }),
    );
  });

  test('an unannotated account changes no byte', () => {
    fc.assert(fc.property(arbitraryPod, (pod) => expect(call(pod, account('')).pod).toEqual(pod)));
  });

  test('the variables of the contract, exactly', () => {
    expect(inject(plainPod()).spec.containers[0]?.env).toEqual([
      { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: 'http://127.0.0.1:28173/v1/credentials/default' },
      { name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', value: '/var/run/secrets/rolechain.io/default/token' },
      { name: 'AWS_REGION', value: 'eu-central-1' },
      { name: 'AWS_DEFAULT_REGION', value: 'eu-central-1' },
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
      { name: 'AWS_EC2_METADATA_DISABLED', value: 'true' },
    ]);
  });

  test.each([
    ['one Region of the user keeps both out', { env: [{ name: 'AWS_DEFAULT_REGION', value: 'x' }] }, undefined],
    ['envFrom keeps both out', { envFrom: [{ configMapRef: { name: 'c' } }] }, undefined],
    ['an empty envFrom does not', { envFrom: [] }, 'eu-central-1'],
  ])('Region: %s', (_name, fields, region) => {
    const pod = inject(plainPod({ containers: [{ name: 'app', ...fields }] }));
    expect(valueOf(pod.spec.containers[0], 'AWS_REGION')).toBe(region);
  });

  test.each([
    ['set', {}, 'true'],
    ['left where env names it', { env: [{ name: 'AWS_USE_DUALSTACK_ENDPOINT', value: 'false' }] }, 'false'],
    ['set beside envFrom', { envFrom: [{ configMapRef: { name: 'c' } }] }, 'true'],
  ])('AWS_USE_DUALSTACK_ENDPOINT: %s by the setting, and by it alone', (_name, fields, value) => {
    const pod = plainPod({ containers: [{ name: 'app', ...fields }] });
    const asked = { ...SETTINGS, containersUseDualstackEndpoint: true };
    const once = call(pod, account(), asked).pod as Injected;
    expect(valueOf(once.spec.containers[0], ENV.useDualstackEndpoint)).toBe(value);
    expect(call(once, account(), asked).pod).toEqual(once);
    const usual = inject(pod);
    expect(valueOf(usual.spec.containers[0], ENV.useDualstackEndpoint)).toBe(value === 'false' ? value : undefined);
  });

  test("the document's region is the containers', its stsRegion the sidecar's", () => {
    const pod = inject(plainPod(), account(`{roleARN: "${TARGET}", region: us-west-2, stsRegion: us-east-1}`));
    expect(valueOf(pod.spec.containers[0], 'AWS_REGION')).toBe('us-west-2');
    expect(valueOf(pod.spec.initContainers[0], ENV.config)).toContain('"stsRegion":"us-east-1"');
  });

  test('ports move past those that a container declares, and the variables with them', () => {
    const taken = { name: 'app', ports: [{ containerPort: 28173 }, { containerPort: 28174 }] };
    const pod = inject(plainPod({ containers: [taken] }));
    expect(valueOf(pod.spec.containers[0], ENV.fullURI)).toBe('http://127.0.0.1:28175/v1/credentials/default');
    expect(valueOf(pod.spec.initContainers[0], ENV.config)).toContain('"ports":{"credentials":28175,"health":28176}');
  });

  test('a declared port is taken away at a second call once the setting says so, and put back', () => {
    const declaring = { ...SETTINGS, declareMetricsPort: true };
    const portsOf = (pod: unknown): unknown => (pod as Injected).spec.initContainers[0]?.ports;
    const once = inject(plainPod());
    const declared = call(once, account(), declaring).pod;
    expect([once, declared, call(declared).pod].map(portsOf)).toEqual([
      undefined,
      [{ name: 'rolechain', containerPort: 28174, protocol: 'TCP' }],
      undefined,
    ]);
  });

  test('a readiness probe comes with the setting alone, at a second call too, and goes with it', () => {
    const probing = { ...SETTINGS, readiness: 'credentials' } as const;
    const probeOf = (pod: unknown): unknown => (pod as Injected).spec.initContainers[0]?.readinessProbe;
    const once = inject(plainPod());
    const probed = call(once, account(), probing).pod;
    const probe = {
      exec: { command: ['/rolechain/node', '/rolechain/prober.cjs', 'readiness'] },
      failureThreshold: 3,
      periodSeconds: 10,
      successThreshold: 1,
      timeoutSeconds: 5,
    };
    expect([once, probed, call(probed).pod].map(probeOf)).toEqual([undefined, probe, undefined]);
  });

  test('a port taken after the first call moves everything that is ours', () => {
    const once = inject(plainPod());
    once.spec.containers.push({ name: 'late', ports: [{ containerPort: 28173 }] });
    const twice = call(once).pod;
    expect(valueOf(twice.spec.containers[0], ENV.fullURI)).toBe('http://127.0.0.1:28174/v1/credentials/default');
    expect(call(twice).pod).toEqual(twice);
  });

  test('on ours, a second call sets what is ours and leaves position, resources and unknown fields', () => {
    const once = inject(plainPod({ initContainers: [{ name: 'migrate' }] }));
    const forged = structuredClone(once);
    const [sidecar, migrate] = forged.spec.initContainers;
    if (!sidecar || !migrate) throw new Error('no sidecar');
    Object.assign(sidecar, {
      image: 'evil:1',
      command: ['sh'],
      args: ['-c'],
      envFrom: [{ configMapRef: { name: 'evil' } }],
      lifecycle: { preStop: {} },
      restartPolicy: undefined,
    });
    Object.assign(sidecar, {
      resources: { limits: { memory: '1Gi' } },
      startupProbe: { exec: { command: ['x'] } },
      future: 1,
    });
    forged.spec.initContainers = [migrate, sidecar];
    const again = call(forged).pod;
    const original = once.spec.initContainers[0];
    expect(again.spec.initContainers[1]).toEqual({
      ...original,
      resources: { limits: { memory: '1Gi' } },
      future: 1,
    });
  });

  test('a copy whose container is skipped now loses our mount and our variables', () => {
    const copy = inject(plainPod({ containers: [{ name: 'app' }, { name: 'other' }] }));
    copy.metadata.annotations['rolechain.io/skip-containers'] = 'other';
    const other = call(copy).pod.spec.containers[1];
    expect(other?.volumeMounts).toEqual([]);
    expect(valueOf(other, ENV.fullURI)).toBeUndefined();
    expect(valueOf(other, ENV.tokenFile)).toBeUndefined();
  });

  test('a dollar sign of the annotation survives the expansion of the kubelet', () => {
    const roleARN = 'arn:aws:iam::222222222222:role/$(AWS_REGION)/$$(X)/orders';
    const text = valueOf(inject(plainPod(), account(roleARN)).spec.initContainers[0], ENV.config) ?? '';
    const config = JSON.parse(expand(text, (name) => (name === 'AWS_REGION' ? 'x' : undefined))) as {
      roles: { default: { hops: [{ roleARN: string }] } };
    };
    expect(config.roles.default.hops[0].roleARN).toBe(roleARN);
  });

  test.each([
    ['absent', undefined, 'rolechain,app'],
    ['of the user', 'istio-proxy', 'istio-proxy,rolechain,app'],
    ['already complete', 'app,rolechain', 'app,rolechain'],
    ['already complete in another form, which stays', '\n"app",rolechain\nx', '\n"app",rolechain\nx'],
    ['with spaces, which EKS does not trim', 'a, app', 'a, app,rolechain,app'],
    ['of several lines, of which EKS reads the first', 'a\nb', 'a,rolechain,app'],
    ['whose first line is empty', '\n\r\nother', 'other,rolechain,app'],
    ['with quotes', '"other","app"', 'other,app,rolechain'],
    ['with a bare quote, of which EKS reads nothing', 'a"b,other', 'rolechain,app'],
    ['with an open quote', '"other', 'rolechain,app'],
    ['with a return alone', 'a\rb', '"a\rb",rolechain,app'],
    ['with a quoted line break', '"a\r\nb",c', '"a\nb",c,rolechain,app'],
  ])('eks.amazonaws.com/skip-containers %s', (_name, before, after) => {
    const key = 'eks.amazonaws.com/skip-containers';
    const pod = inject(plainPod({}, before === undefined ? undefined : { [key]: before }));
    expect(pod.metadata.annotations[key]).toBe(after);
  });

  test('a name that the API refuses is not put there: a comma in it would be added at each call', () => {
    const pod = inject(plainPod({ containers: [{ name: 'a,b' }, { name: '' }] }));
    expect(pod.metadata.annotations['eks.amazonaws.com/skip-containers']).toBe('rolechain');
    expect(call(pod).pod).toEqual(pod);
  });

  test('a pod left without a sidecar though its account asks says why', () => {
    const pod = inject(plainPod({}, { 'rolechain.io/skip-containers': 'app' }));
    expect(pod.metadata.annotations['rolechain.io/skipped']).toBe('NoContainerSelected');
    expect(pod.spec.initContainers).toBeUndefined();
  });

  test('a copy whose containers are all skipped now is as if it had never been injected', () => {
    const key = 'eks.amazonaws.com/skip-containers';
    const user = plainPod({ initContainers: [{ name: 'migrate' }] }, { [key]: 'mine' });
    const copy = inject(user);
    expect(copy.metadata.annotations[key]).toBe('mine,rolechain,migrate,app');
    copy.metadata.annotations['rolechain.io/skip-containers'] = 'app,migrate';
    const again = call(copy).pod;
    expect(again.metadata.annotations).toEqual({
      [key]: 'mine',
      'rolechain.io/skip-containers': 'app,migrate',
      'rolechain.io/skipped': 'NoContainerSelected',
    });
    expect(JSON.stringify(again.spec)).not.toMatch(/28173|rolechain/);
    expect(again.spec.initContainers.map(({ name }) => name)).toEqual(['migrate']);
    expect(call(again).pod).toEqual(again);
  });

  test("an egress proxy and a private CA stand in the sidecar's environment alone, as the admin wrote them", () => {
    const sidecarEnvironment = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://u:p$(HOME)@proxy:3128' };
    const pod = call(plainPod(), account(), { ...SETTINGS, sidecarEnvironment }).pod as Injected;
    const text = valueOf(pod.spec.initContainers[0], 'HTTPS_PROXY') ?? '';
    expect(expand(text, (name) => (name === 'HOME' ? 'x' : undefined))).toBe(sidecarEnvironment.HTTPS_PROXY);
    expect(valueOf(pod.spec.initContainers[0], 'NODE_USE_ENV_PROXY')).toBe('1');
    expect(valueOf(pod.spec.containers[0], 'HTTPS_PROXY')).toBeUndefined();
  });

  test('a volume of ours goes when the account needs it no more', () => {
    const environment = { ...account(`{roleARN: "${TARGET}", credentialSource: environment}`), namespace: 'lab' };
    const copy = call(plainPod(), environment).pod as Injected;
    expect(copy.spec.volumes.map(({ name }) => name)).toEqual(['rolechain', 'rolechain-environment']);
    expect(inject(copy).spec.volumes.map(({ name }) => name)).toEqual(['rolechain', 'rolechain-base-identity']);
  });

  test.each([
    ['irsa', 'irsa', { 'eks.amazonaws.com/role-arn': TARGET }, ['sts.amazonaws.com/token']],
    ['pod-identity', 'pod-identity', {}, ['pods.eks.amazonaws.com/token']],
    ['auto without a base role', 'auto', {}, ['pods.eks.amazonaws.com/token']],
    [
      'auto with one',
      'auto',
      { 'eks.amazonaws.com/role-arn': TARGET },
      ['pods.eks.amazonaws.com/token', 'sts.amazonaws.com/token'],
    ],
  ])('projected tokens: %s', (_name, source, others, paths) => {
    const pod = inject(plainPod(), account(`{roleARN: "${TARGET}", credentialSource: ${source}}`, others));
    const volume = pod.spec.volumes.find(({ name }) => name === SIDECAR.baseIdentityVolume) as unknown as {
      projected: { sources: { serviceAccountToken: { path: string } }[] };
    };
    expect(volume.projected.sources.map(({ serviceAccountToken }) => serviceAccountToken.path)).toEqual(paths);
  });
});
