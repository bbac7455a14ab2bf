import fc from 'fast-check';
import { containerEnvironment, expandCommand, type EnvironmentOptions } from './environment.ts';
import type { Container, EnvVar, Pod } from '@rolechain/kit/pod.ts';

const pod: Pod = {
  metadata: {
    name: 'orders-0',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'orders', 'eks.amazonaws.com/pod-identity': 'enabled' },
    annotations: { "odd['key']": 'odd' },
  },
  spec: { serviceAccountName: 'orders', nodeName: 'node-1', containers: [] },
  status: { podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }], hostIP: '192.0.2.1' },
};

function make(env: readonly EnvVar[], options?: EnvironmentOptions, more: Partial<Container> = {}) {
  return containerEnvironment(pod, { name: 'app', ...more, env }, options);
}

const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });

test('literal values see what stands before them, and nothing behind', () => {
  const { env, notes } = make([
    { name: 'EARLY', value: '$(LATE)' },
    { name: 'LATE', value: 'late' },
    { name: 'BOTH', value: '$(EARLY)-$(LATE)-$$(LATE)' },
    { name: 'EMPTY' },
    { name: 'with.dots-and-dashes', value: '$(EMPTY)x' },
  ]);
  expect(env).toEqual({
    EARLY: '$(LATE)',
    LATE: 'late',
    BOTH: '$(LATE)-late-$(LATE)',
    EMPTY: '',
    'with.dots-and-dashes': 'x',
  });
  expect(notes).toEqual([]);
});

test('the later of two of one name wins, and can refer to the earlier one', () => {
  expect(
    make([
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A)2' },
    ]).env,
  ).toEqual({ A: '12' });
});

test('names of object members are variables like all others', () => {
  const { env } = make([
    { name: '__proto__', value: 'p' },
    { name: 'A', value: '$(__proto__)$(constructor)' },
  ]);
  expect(Object.entries(env)).toEqual([
    ['__proto__', 'p'],
    ['A', 'p$(constructor)'],
  ]);
});

test.each([
  ['metadata.name', 'orders-0'],
  ['metadata.namespace', 'shop'],
  ['metadata.uid', 'u-1'],
  ["metadata.labels['app']", 'orders'],
  ["metadata.labels['eks.amazonaws.com/pod-identity']", 'enabled'],
  ["metadata.labels['absent']", ''],
  ["metadata.labels['constructor']", ''],
  ["metadata.annotations['odd['key']']", 'odd'],
  ['spec.serviceAccountName', 'orders'],
  ['spec.nodeName', 'node-1'],
  ['status.podIP', '10.0.0.7'],
  ['status.podIPs', '10.0.0.7,fd00::7'],
  ['status.hostIP', '192.0.2.1'],
])('the field %s', (path, value) => {
  expect(make([field('F', path)])).toEqual({ env: { F: value }, notes: [] });
});

test('a field that a kubelet would know and the object lacks is empty and noted; an unknown one is left out and noted', () => {
  const { env, notes } = containerEnvironment(
    { metadata: {}, spec: { containers: [] } },
    { name: 'app', env: [field('IP', 'status.podIP'), field('X', 'spec.unknown')] },
  );
  expect(env).toEqual({ IP: '' });
  expect(notes).toEqual([
    'container app: IP: the pod has no status.podIP, so it is empty',
    'container app: X: fieldRef spec.unknown is not one that is known here',
  ]);
});

const key = (name: string, optional?: boolean): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: 'keys', key: name, ...(optional === undefined ? {} : { optional }) } },
});

test('other sources come from the resolver; what it lacks is left out and noted unless it is optional', () => {
  const asked: unknown[] = [];
  const { env, notes } = make(
    [
      key('HAD'),
      key('ABSENT'),
      key('OPTIONAL', true),
      { name: 'C', valueFrom: { configMapKeyRef: { name: 'map', key: 'k' } } },
      { name: 'R', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'U', valueFrom: {} },
    ],
    {
      resolve: (source) => {
        asked.push(source);
        return source.kind === 'Secret' && source.key === 'HAD' ? '$(C) is not expanded' : undefined;
      },
    },
  );
  expect(env).toEqual({ HAD: '$(C) is not expanded' });
  expect(asked).toContainEqual({ kind: 'ConfigMap', name: 'map', key: 'k' });
  expect(asked).toContainEqual({ kind: 'resourceField', container: 'app', resource: 'limits.cpu' });
  expect(notes).toEqual([
    'container app: ABSENT: key ABSENT of Secret keys is not there; left out',
    'container app: C: key k of ConfigMap map is not there; left out',
    'container app: R: the resource limits.cpu is not there; left out',
    'container app: U: its source is not one that is known here; left out',
  ]);
});

test('an empty value is no value when there is a source too', () => {
  expect(make([{ ...field('A', 'metadata.name'), value: '' }]).env).toEqual({ A: 'orders-0' });
});

test('an optional source that is absent leaves what an earlier variable of that name made', () => {
  expect(make([{ name: 'A', value: 'early' }, key('A', true)]).env).toEqual({ A: 'early' });
});

test('env wins over envFrom, and both over the variables of Services', () => {
  const objects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    c: { A: 'c', B: 'c', S: 'c' },
    s: { B: 's' },
  };
  const { env, notes } = make(
    [{ name: 'A', value: '$(B)$(P_B)$(HOST)' }],
    { resolveAll: (_kind, name) => objects[name], services: { S: 'service', HOST: 'h' } },
    {
      envFrom: [
        { configMapRef: { name: 'c' } },
        { secretRef: { name: 's' } },
        { prefix: 'P_', secretRef: { name: 's' } },
        { secretRef: { name: 'absent' } },
        { secretRef: { name: 'absent', optional: true } },
      ],
    },
  );
  expect(env).toEqual({ A: 'ssh', B: 's', P_B: 's', S: 'c', HOST: 'h' });
  expect(notes).toEqual(['container app: envFrom: Secret absent is not there; left out']);
});

test('command and arguments see the whole environment', () => {
  const container: Container = { name: 'app', command: ['/bin/$(A)', '$$(A)'], args: ['$(B)', '$(toString)'] };
  expect(expandCommand(container, { A: 'a', B: '$(A)' })).toEqual({
    command: ['/bin/a', '$(A)'],
    args: ['$(A)', '$(toString)'],
  });
});

test('the values of any list without references are those of the list, the last of each name', () => {
  const variables = fc.array(
    fc.record({ name: fc.stringMatching(/^[A-C]$/), value: fc.string().map((t) => t.replaceAll('$', '')) }),
  );
  fc.assert(
    fc.property(variables, (list) => {
      expect(make(list).env).toEqual(Object.fromEntries(list.map(({ name, value }) => [name, value])));
    }),
  );
});
