/** A second call on a sidecar in which somebody else changed something, field by field of the API's own types. */
import fc from 'fast-check';
import { ENV, SIDECAR } from '@rolechain/shared';
import { sample } from '../testing/sample.ts';
import { everyFieldPods } from '@rolechain/kit/corpora/load.ts';
import { API_TYPES } from '../objects/api-types.ts';
import { patch } from '../patch/patch.ts';
import { SIDECAR_FIELDS } from './sidecar-fields.ts';
import { SETTINGS, TARGET, account, call, randomSource, plainPod } from '../testing/fixtures.ts';

type Json = Record<string, unknown>;
interface PodLike extends Json {
  spec: { initContainers: Json[]; containers: Json[]; volumes: Json[] };
}
type Path = readonly (string | number)[];
/** A place in the sidecar or its volumes, and what somebody writes there. */
type Write = readonly [path: Path, value: unknown];

const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = API_TYPES;
const FIELDS = Object.keys(API_TYPES.Container) as (keyof typeof API_TYPES.Container)[];

/** Every kind of volume but that of the environment. */
const RICH = JSON.stringify({
  roleARN: TARGET,
  externalIDFrom: { secretKeyRef: { name: 'orders-aws', key: 'external-id' } },
  roles: { audit: { roleARN: TARGET, serviceAccount: { name: 'other' } } },
});
const irsa = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' };
const rich = account(RICH, irsa);
const around = {
  others: new Map([['shop/other', { namespace: 'shop', name: 'other', annotations: irsa }]]),
  allowedRoles: undefined,
};
const settings = {
  ...SETTINGS,
  otherServiceAccounts: true,
  declareMetricsPort: true,
  readiness: 'credentials',
} as const;
const again = (pod: PodLike): { pod: PodLike; warnings: readonly string[]; outcome: string } => {
  const { pod: after, decision } = call(pod, rich, settings, () => 0.75, around);
  return { pod: after, warnings: decision.warnings, outcome: decision.outcome };
};
const first = call(
  plainPod({}, { 'rolechain.io/container-roles': '*=default+audit' }) as PodLike,
  rich,
  settings,
  () => 0.25,
  around,
).pod;
const LIFETIME = /"expirationSeconds":\d{5}/g;
const withLifetimeOf = (pod: PodLike, other: PodLike): PodLike => {
  const lifetime = LIFETIME.exec(JSON.stringify(other))?.[0] ?? '';
  return JSON.parse(JSON.stringify(pod).replace(LIFETIME, lifetime)) as PodLike;
};
const told = (warnings: readonly string[]): string[] =>
  warnings
    .filter((text) => text.startsWith('the container rolechain'))
    .map((text) => text.replace(/^.*set back: /, '').replaceAll(/ \([^)]*\)/g, ''));

/** Every place in a value where a field of the API may be written, the lists' ends included. */
function writes(type: string, value: unknown, path: Path = []): Write[] {
  if (type.endsWith('[]') && Array.isArray(value)) {
    const of = type.slice(0, -2);
    return [
      [[...path, value.length], sample(of)],
      ...value.flatMap((item, index) => writes(of, item, [...path, index])),
    ];
  }
  return Object.entries(TYPES[type] ?? {}).flatMap(([field, of]): Write[] => {
    const at = [...path, field];
    const inside = (value as Json)[field];
    return [[at, sample(of)], ...(typeof inside === 'object' && inside !== null ? writes(of, inside, at) : [])];
  });
}

/** Without its configuration it would not be taken for ours; its name and what is kept have tests of their own. */
const isJudged = ([[field, index, part]]: Write): boolean =>
  SIDECAR_FIELDS[field as keyof typeof SIDECAR_FIELDS] === 'set' &&
  !(field === 'env' && (index === undefined || (index === 0 && part !== 'valueFrom')));
const isChange = (written: Write, part: 'sidecar' | 'volumes'): boolean =>
  JSON.stringify(write(first, part, [written])) !== JSON.stringify(first);
const ofSidecar = writes('Container', first.spec.initContainers[0])
  .filter(isJudged)
  .filter((one) => isChange(one, 'sidecar'));
const ofVolumes = first.spec.volumes
  .flatMap((volume, index) => [
    ...('emptyDir' in volume ? writes('EmptyDirVolumeSource', volume.emptyDir, [index, 'emptyDir']) : []),
    ...('projected' in volume ? writes('ProjectedVolumeSource', volume.projected, [index, 'projected']) : []),
  ])
  .filter((one) => isChange(one, 'volumes'));

function write(pod: PodLike, part: 'sidecar' | 'volumes', changes: readonly Write[]): PodLike {
  const copy = structuredClone(pod);
  for (const [path, value] of changes) {
    let at = (part === 'sidecar' ? copy.spec.initContainers[0] : copy.spec.volumes) as Json | undefined;
    for (const key of path.slice(0, -1)) at = at?.[key] as Json | undefined;
    // One change may have taken the place of another's.
    if (Array.isArray(at) && Number(path.at(-1)) > at.length) at.push(structuredClone(value));
    else if (typeof at === 'object') at[String(path.at(-1))] = structuredClone(value);
  }
  return copy;
}

describe('the table of fields', () => {
  test('names those of the corpus, whose objects have every field of the API', () => {
    const { pod } = everyFieldPods().find(({ source }) => source === 'core.v1.Pod.json')!;
    const [container] = pod.spec.initContainers as object[];
    expect(Object.keys(container ?? {}).sort()).toEqual(FIELDS);
    expect(Object.keys(SIDECAR_FIELDS).sort()).toEqual(FIELDS);
  });

  test('what is tried is more than its fields', () => {
    expect(new Set(ofSidecar.map(([[field]]) => field)).size).toBe(FIELDS.length - 3);
    expect([ofSidecar.length > 100, ofVolumes.length > 40]).toEqual([true, true]);
  });
});

describe('a second call', () => {
  test.each(ofSidecar.map((one) => [one[0].join('.'), one] as const))('sets back %s, and says so', (_path, one) => {
    const { pod, warnings } = again(write(first, 'sidecar', [one]));
    expect(pod).toEqual(first);
    expect(told(warnings)).toEqual([one[0][0]]);
    expect(again(pod).warnings).toEqual(again(first).warnings);
  });

  test('sets back any number of them at once', () => {
    fc.assert(
      fc.property(fc.subarray(ofSidecar, { minLength: 1 }), (changes) => {
        expect(again(write(first, 'sidecar', changes)).pod).toEqual(first);
      }),
    );
  });

  test.each(FIELDS.filter((field) => SIDECAR_FIELDS[field] === 'set' && field !== 'env'))(
    'gives back %s where it was taken away',
    (field) => {
      const changed = structuredClone(first);
      Reflect.deleteProperty(changed.spec.initContainers[0] ?? {}, field);
      expect(again(changed).pod).toEqual(first);
    },
  );

  test.each(ofVolumes.map((one) => [one[0].join('.'), one] as const))(
    'sets back our volumes or refuses the pod: %s',
    (_path, one) => {
      const [path] = one;
      const { pod, warnings, outcome } = again(write(first, 'volumes', [one]));
      if (outcome === 'refused') return;
      // Out of range it is chosen again, by chance.
      expect(path.at(-1) === 'expirationSeconds' ? withLifetimeOf(pod, first) : pod).toEqual(first);
      expect(told(warnings)).toEqual(['its volumes']);
    },
  );

  test('leaves resources, imagePullPolicy and what no release has, and says nothing', () => {
    const kept = { resources: { limits: { memory: '1Gi' } }, imagePullPolicy: 'Always', future: { run: true } };
    const changed = structuredClone(first);
    Object.assign(changed.spec.initContainers[0] ?? {}, kept);
    Object.assign(changed.spec.initContainers[0]?.securityContext as object, { future: 1 });
    Object.assign(changed.spec.volumes[0]?.emptyDir as object, { future: 1 });
    expect(operations(changed)).toEqual([]);
    expect(again(changed).warnings).toEqual(again(first).warnings);
  });
});

const operations = (pod: PodLike): unknown[] =>
  patch(pod, call(pod, rich, settings, () => 0.5, around).decision, randomSource());

describe('no operation and no warning', () => {
  const quiet = (change: (pod: PodLike) => void): void => {
    const pod = structuredClone(first);
    change(pod);
    expect(pod).not.toEqual(first);
    expect(operations(pod)).toEqual([]);
    expect(again(pod).warnings).toEqual(again(first).warnings);
  };
  const sidecarOf = (pod: PodLike): Json => pod.spec.initContainers[0] ?? {};

  test("with the API's defaults written", () => {
    quiet((pod) =>
      Object.assign(sidecarOf(pod), {
        terminationMessagePath: '/dev/termination-log',
        imagePullPolicy: 'IfNotPresent',
        resizePolicy: ['cpu', 'memory'].map((resourceName) => ({ resourceName, restartPolicy: 'NotRequired' })),
      }),
    );
  });

  test('with defaults left out', () => {
    quiet((pod) => {
      const { ports, startupProbe, env } = sidecarOf(pod) as { ports: Json[]; startupProbe: Json; env: Json[] };
      Reflect.deleteProperty(ports[0] ?? {}, 'protocol');
      Reflect.deleteProperty(startupProbe, 'successThreshold');
      for (const { valueFrom } of env as { valueFrom?: { fieldRef: Json } }[]) {
        if (valueFrom) Reflect.deleteProperty(valueFrom.fieldRef, 'apiVersion');
      }
      for (const { projected } of pod.spec.volumes) Reflect.deleteProperty(projected ?? {}, 'defaultMode');
    });
  });

  test('with empty values, as a client writes them that leaves nothing out', () => {
    quiet((pod) =>
      Object.assign(sidecarOf(pod), {
        ...{ args: [], command: null, envFrom: [], volumeDevices: [], lifecycle: null, livenessProbe: null },
        ...{ stdin: false, stdinOnce: false, tty: false, workingDir: '', terminationMessagePath: '' },
      }),
    );
  });
});

describe('what is told', () => {
  const API_MOUNT = {
    name: 'kube-api-access-x',
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    readOnly: true,
  };
  const mounting = (...mounts: Json[]): PodLike => {
    const pod = structuredClone(first);
    const [sidecar] = pod.spec.initContainers as { volumeMounts: Json[] }[];
    sidecar?.volumeMounts.push(...mounts);
    return pod;
  };

  test("not the API's token: the ServiceAccount plugin mounts it between two calls", () => {
    const { pod, warnings } = again(mounting(API_MOUNT));
    expect(pod).toEqual(first);
    expect(told(warnings)).toEqual([]);
    expect(told(again(mounting(API_MOUNT, { name: 'x', mountPath: '/x' })).warnings)).toEqual(['volumeMounts']);
  });

  test('by name what of it is another, and no value of a variable', () => {
    const pod = structuredClone(first);
    const [sidecar] = pod.spec.initContainers as { env: Json[]; volumeMounts: Json[]; image: string }[];
    sidecar!.env.push({ name: 'NODE_EXTRA_CA_CERTS', value: 'hidden' });
    sidecar!.volumeMounts.push({ name: 'ca', mountPath: '/etc/ssl/certs' });
    sidecar!.image = 'mirror.example/sidecar:1';
    const [warning] = again(pod).warnings;
    expect(warning).toMatch(
      /set back: env \(NODE_EXTRA_CA_CERTS\), image \(mirror\.example\/sidecar:1\), volumeMounts \(\/etc\/ssl\/certs\)$/,
    );
    expect(warning).not.toContain('hidden');
  });

  test('not a port that moved because a container came that declares it', () => {
    const pod = structuredClone(first);
    pod.spec.containers.push({ name: 'late', image: 'late:1', ports: [{ containerPort: 28174 }] });
    const { pod: after, warnings } = again(pod);
    expect(after.spec.initContainers[0]?.ports).toEqual([{ name: 'rolechain', containerPort: 28175, protocol: 'TCP' }]);
    expect(told(warnings)).toEqual([]);
  });

  test('not a token that is made once', () => {
    const asked = plainPod({}, { 'rolechain.io/authorization-token': 'env' }) as PodLike;
    const once = call(asked, account(), SETTINGS, () => 0.25);
    expect(told(call(once.pod, account(), SETTINGS, () => 0.75).decision.warnings)).toEqual([]);
  });

  test('a configuration with another role', () => {
    const pod = structuredClone(first);
    const env = pod.spec.initContainers[0]?.env as { name: string; value: string }[];
    const config = env.find(({ name }) => name === ENV.config)!;
    config.value = config.value.replace('role/orders', 'role/admin');
    const { pod: after, warnings } = again(pod);
    expect(after).toEqual(first);
    expect(told(warnings)).toEqual(['env']);
  });

  test('the name is what it is found by', () => {
    const pod = structuredClone(first);
    Object.assign(pod.spec.initContainers[0] ?? {}, { name: `${SIDECAR.name}-2` });
    expect(again(pod).outcome).toBe('refused');
  });
});
