/** Where the sidecar stands beside a mesh; test/models and test/orders have the webhooks, test/node the network. */
import fc from 'fast-check';
import { containerOf, findContainer, type Container, type Pod } from '@rolechain/kit/pod.ts';
import { MESH_CONTAINERS, SIDECAR } from '@rolechain/shared';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const settings = { ...SETTINGS, meshContainers: MESH_CONTAINERS };
const native = (name: string): Container => ({ name, restartPolicy: 'Always' });
const proxy = native('istio-proxy');
const validation = { name: 'istio-validation' };
const ours = SIDECAR.name;

function inject(inits: readonly Container[], who = account()) {
  const { decision, pod } = call(plainPod({ initContainers: inits }), who, settings);
  return { decision, pod, order: orderOf(pod) };
}
function orderOf({ spec }: Pod): string[] {
  return spec.initContainers?.map(({ name }) => name) ?? [];
}
/** The order after a second call, of a pod whose sidecar has been moved to this place meanwhile. */
function again(before: readonly Container[], at: number): string[] {
  const { pod } = inject(before);
  const { initContainers: inits = [], ...spec } = pod.spec;
  const sidecar = { ...containerOf(pod, ours), futureField: 'kept' };
  const others = inits.filter(({ name }) => name !== ours);
  const initContainers = [...others.slice(0, at), sidecar, ...others.slice(at)];
  const result = call({ ...pod, spec: { ...spec, initContainers } }, account(), settings).pod;
  expect(findContainer(result, ours)).toEqual(sidecar);
  return orderOf(result);
}

describe('position', () => {
  test.each<[string, Container[], string[]]>([
    ['alone: first', [{ name: 'migrate' }], [ours, 'migrate']],
    [
      'Istio with CNI: behind the native proxy',
      [validation, proxy, { name: 'migrate' }],
      ['istio-validation', 'istio-proxy', ours, 'migrate'],
    ],
    [
      'linkerd with CNI',
      [{ name: 'linkerd-network-validator' }, native('linkerd-proxy')],
      ['linkerd-network-validator', 'linkerd-proxy', ours],
    ],
    [
      'mesh containers behind the last native one are no part of it',
      [validation, proxy, { name: 'vault-agent-init' }],
      ['istio-validation', 'istio-proxy', ours, 'vault-agent-init'],
    ],
    [
      'those in front of it are',
      [{ name: 'vault-agent-init' }, validation, proxy],
      ['vault-agent-init', 'istio-validation', 'istio-proxy', ours],
    ],
    ['no native one: first', [{ name: 'istio-init' }, { name: 'x' }], [ours, 'istio-init', 'x']],
    ['a run that does not lead: first', [{ name: 'x' }, proxy], [ours, 'x', 'istio-proxy']],
    ["a native sidecar of the user's own: first", [native('shipper'), proxy], [ours, 'shipper', 'istio-proxy']],
  ])('%s', (_name, inits, expected) => {
    expect(inject(inits).order).toEqual(expected);
  });

  test.each<[string, Container[], number, string[]]>([
    [
      'in front of the proxy: moved behind it',
      [validation, proxy, { name: 'x' }],
      0,
      ['istio-validation', 'istio-proxy', ours, 'x'],
    ],
    ['within the run: moved behind it', [validation, proxy], 1, ['istio-validation', 'istio-proxy', ours]],
    [
      'behind what a backup tool puts in front: moved behind the run that follows',
      [{ name: 'wait' }, validation, proxy],
      1,
      ['wait', 'istio-validation', 'istio-proxy', ours],
    ],
    ['behind another container: stays', [{ name: 'x' }, { name: 'y' }], 1, ['x', ours, 'y']],
    [
      'far behind the run: stays',
      [validation, proxy, { name: 'x' }],
      3,
      ['istio-validation', 'istio-proxy', 'x', ours],
    ],
  ])('a second call, %s, with all its fields', (_name, inits, at, expected) => {
    expect(again(inits, at)).toEqual(expected);
  });

  const init = fc.oneof(
    fc.constantFrom<Container>(
      validation,
      proxy,
      native('linkerd-proxy'),
      { name: 'istio-init' },
      { name: 'vault-agent-init' },
    ),
    fc.constantFrom<Container>({ name: 'a' }, native('b'), { name: 'c' }),
  );
  const inits = fc.uniqueArray(init, { maxLength: 7, selector: ({ name }) => name });

  test('any list: no native proxy that leads it starts behind the sidecar, the others stand as they stood, a second call changes nothing', () => {
    fc.assert(
      fc.property(inits, fc.nat(7), (list, at) => {
        const { order, pod } = inject(list);
        expect(order.filter((name) => name !== ours)).toEqual(list.map(({ name }) => name));
        const run = list.findIndex(({ name }) => !MESH_CONTAINERS.includes(name));
        const leading = list.slice(0, run < 0 ? list.length : run);
        const last = leading.findLastIndex(({ restartPolicy }) => restartPolicy === 'Always');
        expect(order.indexOf(ours)).toBe(last + 1);
        expect(call(pod, account(), settings).pod).toEqual(pod);
        // Wherever somebody has put it: not in front of the run, and there it stays.
        const moved = again(list, Math.min(at, list.length));
        expect(moved.indexOf(ours)).toBeGreaterThanOrEqual(Math.max(last + 1, Math.min(at, list.length)));
        expect(moved.filter((name) => name !== ours)).toEqual(list.map(({ name }) => name));
      }),
    );
  });
});

describe('MeshWithoutNetwork', () => {
  const required = account(`{roleARN: "${TARGET}", startup: require}`);
  const told = (one: ReturnType<typeof inject>): string[] =>
    one.decision.outcome === 'refused'
      ? []
      : one.decision.warnings.filter((text) => text.includes('MeshWithoutNetwork'));

  test.each<[string, Container[], boolean]>([
    ['Istio with CNI and an ordinary proxy', [validation], true],
    ['linkerd with CNI and an ordinary proxy', [{ name: 'x' }, { name: 'linkerd-network-validator' }], true],
    ['a container that somebody put in front of the proxy', [{ name: 'x' }, validation, proxy], true],
    ['a native proxy', [validation, proxy], false],
    ['no CNI plugin', [{ name: 'istio-init' }], false],
    ['no mesh', [{ name: 'x' }], false],
  ])('%s', (_name, inits, isIt) => {
    const proceeding = inject(inits);
    expect(proceeding.decision.outcome).toBe('injected');
    expect(told(proceeding)).toHaveLength(isIt ? 1 : 0);
    const requiring = inject(inits, required).decision;
    expect(requiring).toMatchObject(
      isIt ? { outcome: 'refused', reason: 'MeshWithoutNetwork' } : { outcome: 'injected' },
    );
  });

  test('where the pod takes addresses out of the mesh, nobody can tell: a warning', () => {
    const pod = plainPod({ initContainers: [validation] }, { 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' });
    const { decision } = call(pod, required, settings);
    expect(decision.outcome).toBe('injected');
    expect(JSON.stringify(decision)).toContain('[MeshWithoutNetwork]');
  });

  test('a role that no container holds requires nothing', () => {
    const two = account(JSON.stringify({ roleARN: TARGET, roles: { late: { roleARN: TARGET, startup: 'require' } } }));
    expect(inject([validation], two).decision.outcome).toBe('injected');
  });
});
