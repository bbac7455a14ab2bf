import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { decide } from './decide-pod.ts';
import { windowsSign } from './node-os.ts';
import { SETTINGS, account, plainPod } from '../testing/fixtures.ts';

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[] | undefined;
}
interface Term {
  readonly matchExpressions?: readonly Expression[];
  readonly matchFields?: readonly Expression[];
}
type Labels = Readonly<Record<string, string>>;

const OS = 'kubernetes.io/os';
const BUILD = 'node.kubernetes.io/windows-build';
const affinity = (...nodeSelectorTerms: Term[]): object => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});
const term = (...matchExpressions: Expression[]): Term => ({ matchExpressions });
const is = (operator: string, ...values: string[]): Expression => ({ key: OS, operator, values });
const signOf = (spec: object): string | undefined => windowsSign(plainPod({ ...spec }));
const byName: Term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['win-1'] }] };
const options = (windowsOptions: unknown): object => ({ securityContext: { windowsOptions } });

const AFFINITY = 'spec.affinity.nodeAffinity';
test.each<[string, object, string | undefined]>([
  ['nothing', {}, undefined],
  ['os', { os: { name: 'windows' } }, 'spec.os.name'],
  ['os of Linux', { os: { name: 'linux' }, nodeSelector: { [OS]: 'windows' } }, undefined],
  ['the selector', { nodeSelector: { [OS]: 'windows' } }, 'spec.nodeSelector'],
  ['the selector by the older label', { nodeSelector: { 'beta.kubernetes.io/os': 'windows' } }, 'spec.nodeSelector'],
  ['the selector by the build', { nodeSelector: { [BUILD]: '10.0.17763' } }, 'spec.nodeSelector'],
  ['a label that only looks like it', { nodeSelector: { 'example.org/os': 'windows' } }, undefined],
  ['In [windows]', { affinity: affinity(term(is('In', 'windows'))) }, AFFINITY],
  ['In [windows, linux]', { affinity: affinity(term(is('In', 'windows', 'linux'))) }, undefined],
  ['NotIn [linux]', { affinity: affinity(term(is('NotIn', 'linux'))) }, AFFINITY],
  ['NotIn [windows]', { affinity: affinity(term(is('NotIn', 'windows'))) }, undefined],
  ['Exists', { affinity: affinity(term(is('Exists'))) }, undefined],
  ['a build', { affinity: affinity(term({ key: BUILD, operator: 'Exists' })) }, AFFINITY],
  ['no build', { affinity: affinity(term({ key: BUILD, operator: 'DoesNotExist' })) }, undefined],
  ['one of two terms', { affinity: affinity(term(is('In', 'windows')), term(is('In', 'linux'))) }, undefined],
  ['both terms', { affinity: affinity(term(is('In', 'windows')), term(is('NotIn', 'linux'))) }, AFFINITY],
  ['a term that matches nothing beside it', { affinity: affinity(term(is('In', 'windows')), {}) }, AFFINITY],
  ["a node's name beside it", { affinity: affinity(term(is('In', 'windows')), byName) }, undefined],
  ["a node's name in it", { affinity: affinity({ ...byName, ...term(is('In', 'windows')) }) }, AFFINITY],
  ['an impossible one', { affinity: affinity(term(is('In', 'windows'), is('In', 'linux'))) }, undefined],
  ['a system that has no kubelet', { affinity: affinity(term(is('In', 'darwin'))) }, undefined],
  [
    'selector against affinity',
    { nodeSelector: { [OS]: 'linux' }, affinity: affinity(term(is('NotIn', 'linux'))) },
    undefined,
  ],
  [
    'a preference',
    {
      affinity: {
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ preference: term(is('In', 'windows')) }] },
      },
    },
    undefined,
  ],
  ['a toleration', { tolerations: [{ key: 'os', value: 'windows', effect: 'NoSchedule' }] }, undefined],
  ['options of the pod', options({ gmsaCredentialSpecName: 'gmsa' }), 'spec.securityContext.windowsOptions'],
  [
    'options of a container',
    { containers: [{ name: 'a' }, { name: 'b', ...options({ hostProcess: true }) }] },
    'spec.containers[1].securityContext.windowsOptions',
  ],
  [
    'options of an init container',
    { initContainers: [{ name: 'a', ...options({ runAsUserName: 'ContainerUser' }) }] },
    'spec.initContainers[0].securityContext.windowsOptions',
  ],
  ['options beside Linux nodes', { ...options({ runAsUserName: 'x' }), nodeSelector: { [OS]: 'linux' } }, undefined],
  [
    'options in our own sidecar',
    { initContainers: [{ name: 'rolechain', ...options({ hostProcess: true }) }] },
    undefined,
  ],
  ['empty options', options({}), undefined],
  ['options that say no', options({ hostProcess: false, runAsUserName: null }), undefined],
])('%s', (_name, spec, sign) => {
  expect(signOf(spec)).toBe(sign);
});

test.each([
  null,
  7,
  'x',
  [],
  [null],
  { nodeAffinity: [] },
  { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: 1 } },
])('an affinity of %j throws nothing', (wrong) => {
  expect(signOf({ affinity: wrong })).toBeUndefined();
});

/** As the scheduler matches a node (component-helpers, nodeaffinity.go, and apimachinery, labels/selector.go). */
function matches(labels: Labels, { key, operator, values = [] }: Expression): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
const system = (name: string): Labels => ({ [OS]: name, 'beta.kubernetes.io/os': name, zone: 'a' });
const LINUX = [system('linux'), { ...system('linux'), zone: 'b' }];
const WINDOWS = ['a', 'b'].flatMap((zone) => [
  { ...system('windows'), zone, [BUILD]: '10.0.20348' },
  { ...system('windows'), zone },
]);

const expression = fc
  .record({
    key: fc.constantFrom(OS, 'beta.kubernetes.io/os', BUILD, 'zone'),
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'),
    values: fc.uniqueArray(fc.constantFrom('linux', 'windows', '10.0.20348', 'darwin'), { minLength: 1, maxLength: 3 }),
  })
  // Zones are never left out of a node here, so that only the system tells nodes apart.
  .map(({ key, ...rest }) => (key === 'zone' ? { key, operator: 'Exists' } : { key, ...rest }));
// That a label is missing proves nothing to us, and everything to a scheduler: no node here lacks one of the system.
const known = expression.filter(({ key, operator }) => key === BUILD || operator !== 'DoesNotExist');
const terms = fc.array(fc.array(known, { maxLength: 3 }), { minLength: 1, maxLength: 3 });

test('it is Windows where nodes of Windows match and none of Linux, and never where one of Linux does', () => {
  fc.assert(
    fc.property(terms, fc.option(fc.constantFrom('linux', 'windows'), { nil: undefined }), (all, selected) => {
      const fits = (labels: Labels): boolean =>
        (selected === undefined || labels[OS] === selected) &&
        all.some((expressions) => expressions.length > 0 && expressions.every((one) => matches(labels, one)));
      const nodeSelector = selected === undefined ? {} : { [OS]: selected };
      const sign = signOf({ nodeSelector, affinity: affinity(...all.map((one) => term(...one))) });
      if (sign !== undefined) expect(LINUX.some(fits)).toBe(false);
      else expect(WINDOWS.some(fits) && !LINUX.some(fits)).toBe(false);
    }),
    { numRuns: runs(5000) },
  );
});

test('the refusal names the field', () => {
  const decision = decide(plainPod({ affinity: affinity(term(is('NotIn', 'linux'))) }), account(), SETTINGS);
  expect(decision).toMatchObject({
    reason: 'Windows',
    message: expect.stringContaining(`no sidecar for Windows: the pod asks for it by ${AFFINITY}. Use Linux nodes`),
  });
});
