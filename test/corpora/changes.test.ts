import { changes, foreignChanges } from './changes.ts';

const pod = (spec: object, metadata: object = {}): object => ({ metadata, spec });
const app = (fields: object): object => pod({ containers: [{ name: 'app', ...fields }] });
const told = (before: object, after: object, tell = changes): string[] =>
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

test('what the contract names is not foreign', () => {
  const after = {
    metadata: { annotations: { 'rolechain.io/status': '{}', 'eks.amazonaws.com/skip-containers': 'rolechain' } },
    spec: {
      initContainers: [{ name: 'rolechain' }],
      volumes: [{ name: 'rolechain' }, { name: 'rolechain-base-identity' }],
      containers: [
        {
          name: 'app',
          env: [{ name: 'AWS_REGION' }],
          volumeMounts: [{ name: 'rolechain', mountPath: '/var/run/secrets/rolechain.io/default' }],
        },
      ],
    },
  };
  expect(told({ spec: { containers: [{ name: 'app' }] } }, after, foreignChanges)).toEqual([]);
});

test.each<[string, object, object]>([
  ['another variable', app({}), app({ env: [{ name: 'HOME' }] })],
  [
    "another value of the user's Region",
    app({ env: [{ name: 'AWS_REGION', value: 'a' }] }),
    app({ env: [{ name: 'AWS_REGION', value: 'b' }] }),
  ],
  ['a mount elsewhere', app({}), app({ volumeMounts: [{ name: 'rolechain', mountPath: '/x' }] })],
  ['another init container', pod({}), pod({ initContainers: [{ name: 'x' }] })],
  ['another annotation', pod({}), pod({}, { annotations: { 'rolechain.io/inject': 'false' } })],
  ['the spec of the pod', pod({}), pod({ shareProcessNamespace: false })],
])('%s is', (_name, before, after) => expect(foreignChanges(before, after)).toHaveLength(1));
