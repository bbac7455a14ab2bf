import { findContainer, valueOf, type Pod } from '@rolechain/kit/pod.ts';
import { formatProblems } from '@rolechain/shared';
import { parseContainerRoles } from './container-roles.ts';
import type { Injected } from './decision.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const KEY = 'rolechain.io/container-roles';
const both = account(JSON.stringify({ roleARN: TARGET, roles: { audit: { roleARN: AUDIT, region: 'us-west-2' } } }));
const auditOnly = account(JSON.stringify({ roles: { audit: { roleARN: AUDIT } } }));
const pod = (roles: string | undefined, spec: Record<string, unknown> = {}, more: Record<string, string> = {}) =>
  plainPod(
    { containers: [{ name: 'app' }, { name: 'exporter' }], ...spec },
    { ...(roles === undefined ? {} : { [KEY]: roles }), ...more },
  );

describe('the grammar', () => {
  test.each([
    ['', {}],
    ['app=audit', { app: ['audit'] }],
    ['exporter=audit,app=default+audit', { exporter: ['audit'], app: ['default', 'audit'] }],
    [' app = audit + default , ', { app: ['audit', 'default'] }],
    ['app=none', { app: [] }],
    ['app=audit,*=none', { app: ['audit'], '*': [] }],
    ['*=audit+default', { '*': ['audit', 'default'] }],
  ])('%j', (text, expected) => {
    const parsed = parseContainerRoles(text);
    expect(parsed.ok && Object.fromEntries(parsed.value)).toEqual(expected);
  });

  test.each([
    ['app', /has an entry 1 that is not container=role; write container=role/],
    ['app=', /entry 1/],
    ['=audit', /entry 1/],
    ['app=a=b', /entry 1/],
    ['app=a,x=b++c', /entry 2/],
    ['app=a,app=b', /names container app twice; join its roles by \+/],
    ['app=a+a', /gives container app a role twice/],
    ['app=none+a', /gives container app none beside a role; leave one of them out/],
    ['*=a+none', /gives the other containers \(\*\) none beside a role/],
    ['*=a,*=none', /names the other containers \(\*\) twice/],
    ['*', /entry 1/],
  ])('%j is refused', (text, message) => {
    const parsed = parseContainerRoles(text);
    expect(parsed.ok ? '' : formatProblems(parsed.problems)).toMatch(message);
    expect(call(pod(text), both).decision).toMatchObject({ outcome: 'refused', reason: 'PodAnnotationInvalid' });
  });

  test('all that is wrong is told at once', () => {
    const parsed = parseContainerRoles('app,x=a+a');
    expect(parsed.ok ? 0 : parsed.problems.length).toBe(2);
  });
});

describe('which container holds what', () => {
  const held = (...asked: Parameters<typeof call>): unknown => {
    const { decision } = call(...asked);
    return decision.outcome === 'injected'
      ? Object.fromEntries(decision.containers.map(({ name, roles }) => [name, roles]))
      : decision.reason;
  };

  test.each([
    ['no annotation: default', pod(undefined), both, { app: ['default'], exporter: ['default'] }],
    ['one named, the other default', pod('exporter=audit'), both, { app: ['default'], exporter: ['audit'] }],
    ['without default none', pod('exporter=audit'), auditOnly, { app: [], exporter: ['audit'] }],
    ['the first is first', pod('app=audit+default'), both, { app: ['audit', 'default'], exporter: ['default'] }],
    ['nobody', pod(undefined), auditOnly, 'NoContainerSelected'],
    ['none by name', pod('exporter=none'), both, { app: ['default'], exporter: [] }],
    ['none but the named', pod('exporter=audit,*=none'), both, { app: [], exporter: ['audit'] }],
    ['none at all', pod('*=none'), both, 'NoContainerSelected'],
    ['a role for the others', pod('app=default,*=audit'), both, { app: ['default'], exporter: ['audit'] }],
    ['a role for all, where there is no default', pod('*=audit'), auditOnly, { app: ['audit'], exporter: ['audit'] }],
    ['undeclared, for the others', pod('*=aduit'), both, 'RoleUndeclared'],
    [
      'skipped and given none',
      pod('app=none', {}, { 'rolechain.io/skip-containers': 'app' }),
      both,
      { app: [], exporter: ['default'] },
    ],
    ['undeclared', pod('exporter=aduit'), both, 'RoleUndeclared'],
    ['undeclared, of no container', pod('other=aduit'), both, 'RoleUndeclared'],
    [
      'skipped and named',
      pod('app=audit', {}, { 'rolechain.io/skip-containers': 'app' }),
      both,
      'PodAnnotationInvalid',
    ],
  ])('%s', (_name, asked, who, expected) => expect(held(asked, who)).toEqual(expected));

  test('the refusal names container and role', () => {
    const { decision } = call(pod('exporter=aduit'), both);
    expect(decision.outcome === 'refused' && decision.message).toContain('container exporter: aduit');
  });

  test('a name that is no container, and a container of a mesh, draw a warning', () => {
    const spec = { containers: [{ name: 'app' }, { name: 'istio-proxy' }] };
    const { decision } = call(pod('other=audit,istio-proxy=audit', spec), both);
    expect(decision).toMatchObject({
      outcome: 'injected',
      warnings: [
        `${KEY} names container other, which this pod does not have; correct its name, unless another webhook adds it`,
        expect.stringContaining('istio-proxy belongs to a service mesh'),
      ],
    });
  });

  test.each([
    ['a letter too few', 'exporte=audit'],
    ['a letter too many', 'exporterr=audit'],
    ['another letter', 'expprter=audit'],
    ['two letters swapped', 'exproter=audit'],
    ['for none', 'exporte=none'],
    ['beside what the others get', 'exporte=audit,*=none'],
    ['whatever else is named', 'app=audit,exporte=audit'],
  ])('a name that is a container’s but for one letter is refused: %s', (_name, roles) => {
    const { decision } = call(pod(roles), both);
    expect(decision).toMatchObject({
      reason: 'PodAnnotationInvalid',
      message: expect.stringMatching(
        /names container \w+, which the pod does not have; did you mean exporter\? \(FieldUn/,
      ),
    });
  });

  const spec = (...names: string[]): Record<string, unknown> => ({ containers: names.map((name) => ({ name })) });
  test.each([
    ['two letters off', pod('exprtr=audit')],
    ['but for a digit', pod('exporter1=audit')],
    ['of another number', pod('worker-3=audit', spec('worker-1', 'worker-2'))],
    ['that a named container has', pod('exporte=audit,exporter=audit')],
    ['that a skipped container has', pod('exporte=audit', {}, { 'rolechain.io/skip-containers': 'exporter' })],
    ['that a container of a mesh has', pod('istio-prox=audit', spec('app', 'istio-proxy'))],
    ['that the sidecar has', call(pod('rolechan=audit'), both).pod],
  ])('any other name draws a warning: %s', (_name, asked) => {
    const { decision } = call(asked, both);
    expect([decision.outcome, decision.warnings.join()]).toEqual([
      'injected',
      expect.stringMatching(/container-roles names container [\w-]+, which this pod does not have/),
    ]);
  });

  test('a container of a mesh that is given none draws no warning', () => {
    expect(call(pod('istio-proxy=none', spec('app', 'istio-proxy')), both).decision.warnings).toEqual([]);
  });

  test('a container without a role is not looked at for conflicts, and changes in nothing', () => {
    const app = { name: 'app', env: [{ name: 'AWS_ACCESS_KEY_ID', value: 'x' }], volumeMounts: null };
    const { pod: after } = call(pod('exporter=audit', { containers: [app, { name: 'exporter' }] }), auditOnly);
    expect(after.spec.containers[0]).toEqual(app);
  });

  test('a role that no container holds is left out of the configuration', () => {
    const { decision } = call(pod('exporter=audit,app=audit'), both);
    expect(Object.keys((decision as Injected).config.roles)).toEqual(['audit']);
    expect((decision as Injected).roles.map(({ name }) => name)).toEqual(['audit']);
  });

  test('each container has the Region of its first role', () => {
    const { pod: after } = call(pod('exporter=audit'), both);
    expect(after.spec.containers.map((container) => valueOf(container, 'AWS_REGION'))).toEqual([
      'eu-central-1',
      'us-west-2',
    ]);
  });
});

describe.each(['shareProcessNamespace', 'hostPID'])('%s', (field) => {
  const shared = { [field]: true };
  const told = (...asked: Parameters<typeof pod>): readonly string[] =>
    call(pod(...asked), both).decision.warnings.filter((text) => text.includes('[SharedProcessNamespace]'));

  test('with two roles is refused, with one it is not', () => {
    expect(call(pod('exporter=audit', shared), both).decision).toMatchObject({
      outcome: 'refused',
      reason: 'SharedProcessNamespace',
    });
    expect(call(pod('exporter=audit,app=audit', shared), both).decision.outcome).toBe('injected');
    expect(call(pod(undefined, shared), both).decision.outcome).toBe('injected');
  });

  test('under warn it skips the pod, and says so in it', () => {
    const { decision, pod: after } = call(pod('exporter=audit', shared), both, { ...SETTINGS, conflicts: 'warn' });
    expect(decision).toMatchObject({ outcome: 'skipped', reason: 'SharedProcessNamespace' });
    expect(JSON.stringify(after)).toContain('"rolechain.io/skipped":"SharedProcessNamespace"');
  });

  test('false is as absent', () => {
    expect(call(pod('exporter=audit', { [field]: false }), both).decision.outcome).toBe('injected');
  });

  const names = (...list: string[]): object => ({ ...shared, containers: list.map((name) => ({ name })) });
  test.each([
    ['that no role is given', pod('app=audit', shared), 'exporter', auditOnly],
    ['one that is skipped', pod(undefined, shared, { 'rolechain.io/skip-containers': 'exporter' }), 'exporter'],
    ['of a mesh', pod(undefined, { ...names('app', 'istio-proxy') }), 'istio-proxy'],
    ['an init container', pod('app=audit', { ...names('app'), initContainers: [{ name: 'init' }] }), 'init', auditOnly],
  ])('one role beside a container without: a warning (%s)', (_name, asked, name, who = both) => {
    const { decision } = call(asked, who);
    expect(decision.outcome).toBe('injected');
    const found = decision.warnings.filter((text) => text.includes('[SharedProcessNamespace]'));
    expect(found).toEqual([expect.stringMatching(`with ${field} a container that holds no role .*: ${name}$`)]);
  });

  test('no warning where all hold it, where none does, and in namespaces of their own', () => {
    expect(told(undefined, shared)).toEqual([]);
    expect(told(undefined, { ...shared, containers: [{ name: 'app' }] })).toEqual([]);
    expect(call(pod(undefined, shared), auditOnly).decision.reason).toBe('NoContainerSelected');
    expect(call(pod(undefined, shared), auditOnly).decision.warnings.join()).not.toContain('[SharedProcess');
    expect(call(pod('app=audit'), auditOnly).decision.warnings).toEqual([]);
  });
});

describe('authorization-token: env', () => {
  const TOKEN = 'AWS_CONTAINER_AUTHORIZATION_TOKEN';
  const env = { 'rolechain.io/authorization-token': 'env' };
  const valueIn = (after: Pod, container: string, name: string): string | undefined =>
    valueOf(findContainer(after, container), name);
  const configured = (after: Pod, role: string): string | undefined =>
    (JSON.parse(valueIn(after, 'rolechain', 'ROLECHAIN_CONFIG') ?? '{}') as Injected['config']).roles[role]?.token;

  test('each container has the token of its first role, and the sidecar the same', () => {
    let count = 0;
    const random = (): number => count++ / 256;
    const { decision, pod: after } = call(pod('exporter=audit', {}, env), both, SETTINGS, random);
    expect(valueIn(after, 'app', TOKEN)).toBe(configured(after, 'default'));
    expect(valueIn(after, 'exporter', TOKEN)).toBe(configured(after, 'audit'));
    expect(valueIn(after, 'app', TOKEN)).toMatch(/^[\w-]{43}$/);
    expect(valueIn(after, 'app', TOKEN)).not.toBe(valueIn(after, 'exporter', TOKEN));
    expect(decision.warnings.join()).toContain('see it');
    // Made once, and kept.
    expect(call(after, both, SETTINGS, random).pod).toEqual(after);
  });

  test("a user's own is a conflict, also beside ours", () => {
    const own = { name: TOKEN, value: 'x'.repeat(43) };
    const containers = [{ name: 'app' }, { name: 'exporter', env: [own] }];
    expect(call(pod(undefined, { containers }, env), both).decision).toMatchObject({
      outcome: 'refused',
      reason: 'OwnContainerCredentials',
    });
    const { pod: after } = call(pod(undefined, {}, env), both);
    after.spec.containers[1]!.env!.find(({ name }) => name === TOKEN)!.value = own.value;
    expect(call(after, both).decision).toMatchObject({ outcome: 'refused', reason: 'OwnContainerCredentials' });
  });

  test('asked for no more, it goes from the containers and from the sidecar', () => {
    const { pod: once } = call(pod(undefined, {}, env), both);
    once.metadata.annotations!['rolechain.io/authorization-token'] = 'file';
    const { pod: after } = call(once, both);
    expect(valueIn(after, 'app', TOKEN)).toBeUndefined();
    expect(configured(after, 'default')).toBeUndefined();
  });

  test('a container that holds no role any more loses it', () => {
    const { pod: once } = call(pod(undefined, {}, env), both);
    once.metadata.annotations!['rolechain.io/skip-containers'] = 'app';
    const { pod: after } = call(once, both);
    expect(valueIn(after, 'app', TOKEN)).toBeUndefined();
    expect(valueIn(after, 'exporter', TOKEN)).toBe(configured(after, 'default'));
    once.metadata.annotations!['rolechain.io/skip-containers'] = 'app,exporter';
    expect(JSON.stringify(call(once, both).pod.spec)).not.toContain(TOKEN);
  });

  test('another value is refused', () => {
    const asked = pod(undefined, {}, { 'rolechain.io/authorization-token': 'both' });
    expect(call(asked, both).decision).toMatchObject({ reason: 'PodAnnotationInvalid' });
  });
});
