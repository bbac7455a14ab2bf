import {
  ANNOTATIONS,
  EKS,
  ENV,
  FOREIGN_KEYS,
  NO_PROXIES,
  PATHS,
  SDK_VARIABLES,
  SIDECAR,
  emptyIsRemoved,
} from '@rolechain/shared';
import { TOLD_EMPTY } from '../models/pods.ts';
import { changes, type Change } from './changes.ts';
import { unmanagedChanges } from './fresh.ts';
import * as names from './names.ts';
import { unmanagedPart } from './part.ts';

const pod = (spec: object, metadata: object = {}): object => ({ metadata, spec });
const app = (fields: object): object => pod({ containers: [{ name: 'app', ...fields }] });
const told = (before: object, after: object, tell: (before: unknown, after: unknown) => Change[] = changes): string[] =>
  tell(before, after).map(({ kind, path }) => `${kind} ${path}`);

test.each<[string, object, object, string[]]>([
  ['nothing', app({ x: [1, null] }), app({ x: [1, null] }), []],
  [
    'a field of a field that nobody knows',
    app({ x: { y: 1 } }),
    app({ x: { y: 2 } }),
    ['changed spec.containers[app].x.y'],
  ],
  ['a field gone', app({ x: null }), app({}), ['removed spec.containers[app].x']],
  ['a type', app({ x: 1 }), app({ x: '1' }), ['changed spec.containers[app].x']],
  ['a list for a map', app({ x: { 0: 1 } }), app({ x: [1] }), ['changed spec.containers[app].x']],
  ['null for absent', app({}), app({ x: null }), ['added spec.containers[app].x']],
  ['an empty list for null', app({ x: null }), app({ x: [] }), ['changed spec.containers[app].x']],
  [
    'a variable of a list that was not there',
    app({}),
    app({ env: [{ name: 'A' }] }),
    ['added spec.containers[app].env[A]'],
  ],
  [
    'the order',
    pod({ volumes: [{ name: 'a' }, { name: 'b' }] }),
    pod({ volumes: [{ name: 'b' }, { name: 'c' }, { name: 'a' }] }),
    ['added spec.volumes[c]', 'moved spec.volumes'],
  ],
  [
    'a list without names, by place',
    app({ args: ['a', 'b'] }),
    app({ args: ['a', 'c'] }),
    ['changed spec.containers[app].args[1]'],
  ],
])('tells %s', (_name, before, after, expected) => expect(told(before, after)).toEqual(expected));

const MOUNT = {
  name: 'rolechain',
  mountPath: '/var/run/secrets/rolechain.io/default',
  subPath: 'default',
  readOnly: true,
};

test("what the contract names is rolechain's to change", () => {
  const after = {
    metadata: { annotations: { 'rolechain.io/status': '{}', 'eks.amazonaws.com/skip-containers': 'rolechain' } },
    spec: {
      initContainers: [{ name: 'rolechain' }],
      volumes: [{ name: 'rolechain' }, { name: 'rolechain-base-identity' }],
      containers: [
        {
          name: 'app',
          env: [{ name: 'AWS_REGION' }],
          volumeMounts: [MOUNT],
        },
      ],
    },
  };
  expect(told({ spec: { containers: [{ name: 'app' }] } }, after, unmanagedChanges)).toEqual([]);
});

test.each<[string, object, object]>([
  ['another variable', app({}), app({ env: [{ name: 'HOME' }] })],
  [
    "another value of the user's Region",
    app({ env: [{ name: 'AWS_REGION', value: 'a' }] }),
    app({ env: [{ name: 'AWS_REGION', value: 'b' }] }),
  ],
  ['a mount elsewhere', app({}), app({ volumeMounts: [{ ...MOUNT, mountPath: '/x' }] })],
  ["a mount of another role's tokens", app({}), app({ volumeMounts: [{ ...MOUNT, subPath: 'audit' }] })],
  ['a mount of all tokens', app({}), app({ volumeMounts: [{ ...MOUNT, subPath: undefined }] })],
  ['a mount that can be written', app({}), app({ volumeMounts: [{ ...MOUNT, readOnly: false }] })],
  ['a volume of another name', pod({}), pod({ volumes: [{ name: 'rolechains' }] })],
  [
    "a volume of the user's that went",
    pod({ volumes: [{ name: 'a' }, { name: 'b' }] }),
    pod({ volumes: [{ name: 'a' }] }),
  ],
  [
    'the order of variables',
    app({ env: [{ name: 'A' }, { name: 'B' }] }),
    app({ env: [{ name: 'B' }, { name: 'A' }] }),
  ],
  [
    'an empty variable that hides something',
    app({ env: [{ name: 'AWS_ACCESS_KEY_ID', value: '' }] }),
    app({ env: [] }),
  ],
  ['a Secret for images that no setting names', pod({}), pod({ imagePullSecrets: [{ name: 'x' }] })],
  [
    'an exception from proxies that no setting asks for',
    app({}),
    app({ env: [{ name: 'NO_PROXY', value: '127.0.0.1' }] }),
  ],
  ['a status that went', pod({}, { annotations: { 'rolechain.io/status': '{}' } }), pod({})],
  ['null in the place of nothing', pod({}), pod({ volumes: null })],
  ['another init container', pod({}), pod({ initContainers: [{ name: 'x' }] })],
  ['another annotation', pod({}), pod({}, { annotations: { 'rolechain.io/inject': 'false' } })],
  ['the spec of the pod', pod({}), pod({ shareProcessNamespace: false })],
])('%s is not', (_name, before, after) => expect(unmanagedChanges(before, after)).toHaveLength(1));

test('what settings let through, and empty variables that are taken out, are not', () => {
  const before = app({ env: [{ name: 'AWS_ROLE_ARN', value: '' }, { name: 'A' }, { name: 'AWS_REGION', value: '' }] });
  const variables = ['A', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'NO_PROXY'].map((name) => ({ name }));
  const after = pod({ containers: [{ name: 'app', env: variables }], imagePullSecrets: [{ name: 'x' }] });
  expect(unmanagedChanges(before, after, { variables: ['NO_PROXY'], pullSecrets: ['x'] })).toEqual([]);
  expect(told(before, after, unmanagedChanges)).toEqual([
    'added spec.containers[app].env[NO_PROXY]',
    'added spec.imagePullSecrets[x]',
  ]);
});

test.each<[string, object, object]>([
  ['a variable', app({ env: [{ name: 'HOME', value: 'a' }] }), app({ env: [{ name: 'HOME', value: 'b' }] })],
  ['a mount', app({ volumeMounts: [{ name: 'data' }] }), app({})],
  ['a volume', pod({ volumes: [{ name: 'rolechains' }] }), pod({})],
  ['an annotation', pod({}, { annotations: { 'rolechain.io/inject': 'false' } }), pod({})],
  ['a field of the pod', pod({ hostPID: false }), pod({ hostPID: true })],
  ['no map', [], {}],
])('the part of a copy that is never rolechain’s holds %s', (_name, before, after) =>
  expect(unmanagedPart(before)).not.toEqual(unmanagedPart(after)),
);

test('the names are those of the product’s tables', () => {
  const sidecar = { name: names.SIDECAR_NAME, tokenVolume: 'rolechain', volumePrefix: 'rolechain-' };
  expect(SIDECAR).toMatchObject(sidecar);
  const volumes = Object.entries(SIDECAR).flatMap(([key, name]) => (key.endsWith('Volume') ? [name] : []));
  expect(volumes.filter((name) => !names.isOurVolume(name))).toEqual([]);
  expect(names.TOKEN_MOUNT.exec(`${PATHS.tokens}/audit`)?.[1]).toBe('audit');
  const written = [
    'fullURI',
    'tokenFile',
    'token',
    'region',
    'defaultRegion',
    'stsRegionalEndpoints',
    'metadataDisabled',
  ];
  expect(names.VARIABLES).toEqual(written.map((name) => ENV[name as keyof typeof ENV]));
  expect([names.DUALSTACK_VARIABLE, names.NO_PROXY_VARIABLES]).toEqual([ENV.useDualstackEndpoint, NO_PROXIES]);
  const known = [...new Set([...Object.keys(SDK_VARIABLES), ...Object.values(ENV)])];
  expect(known.filter(emptyIsRemoved).sort()).toEqual([...names.REMOVED_EMPTY].sort());
  const told = Object.entries(SDK_VARIABLES).filter(([, { empty }]) => empty !== 'nothing');
  expect([...TOLD_EMPTY].sort()).toEqual(told.map(([name]) => name).sort());
  const { status, skipped } = ANNOTATIONS;
  expect(names.KEYS).toEqual([status.key, skipped.key, FOREIGN_KEYS.eksSkipContainers, FOREIGN_KEYS.veleroExcludes]);
  expect(names.EKS_VARIABLES).toEqual(EKS.injections.flatMap(({ pair }) => pair));
  expect(names.EKS_VOLUMES).toEqual(EKS.injections.map(({ volume }) => volume));
});
