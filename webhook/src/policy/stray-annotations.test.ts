import { ANNOTATIONS, LIMITS } from '@rolechain/shared';
import { serviceAccountProjector } from '../cluster/service-accounts.ts';
import { projectNamespace } from '../cluster/namespaces.ts';
import { decide } from './decide-pod.ts';
import { strayKeys, keysOn } from '../objects/annotation-keys.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const ROLES = 'rolechain.io/allowed-roles';
const of = (annotations: Record<string, string>) => ({
  namespace: 'shop',
  name: 'orders',
  annotations: serviceAccountProjector()({ metadata: { namespace: 'shop', name: 'orders', annotations } }).annotations,
});
const inNamespace = (annotations: Record<string, string>) => {
  const known = projectNamespace({ metadata: { name: 'shop', annotations } }).annotations;
  return { others: new Map(), allowedRoles: known[ROLES], namespaceAnnotations: known };
};

test('each key belongs to the kinds of its entry', () => {
  const all = ['ServiceAccount', 'Pod', 'Namespace'] as const;
  const keys = all.flatMap((kind) => keysOn(kind));
  expect(new Set(keys)).toEqual(new Set(Object.values(ANNOTATIONS).map(({ key }) => key)));
  for (const kind of all)
    expect(strayKeys(Object.fromEntries(keysOn(kind).map((key) => [key, 'x'])), kind)).toEqual([]);
});

describe('on a pod whose account asks', () => {
  test.each([
    [
      'rolechain.io/assume-role',
      /assume-role belongs on the ServiceAccount or the Namespace, and has no effect on the Pod; move it there/,
    ],
    [ROLES, /allowed-roles belongs on the Namespace/],
    ['rolechain.io/asume-role', /did you mean rolechain.io\/assume-role, on the ServiceAccount or the Namespace\?/],
    ['rolechain.io/container-role', /did you mean rolechain.io\/container-roles\? /],
    ['rolechain.io/zzz', /this version knows rolechain.io\/inject/],
    [`rolechain.io/${'x'.repeat(300)}`, /x\.\.\. is not an annotation of this version/],
  ])('%s is refused', (key, message) => {
    const { decision } = call(plainPod({}, { [key]: TARGET }));
    expect(decision).toMatchObject({ reason: 'PodAnnotationInvalid', message: expect.stringMatching(message) });
  });
});

describe('on a pod whose account asks for nothing', () => {
  test('an annotation that belongs on the account draws a warning, and nothing changes', () => {
    const pod = plainPod({}, { 'rolechain.io/assume-role': TARGET, 'rolechain.io/zzz': 'x' });
    expect(call(pod, account('')).pod).toEqual(pod);
    for (const who of [account(''), undefined]) {
      expect(decide(pod, who, SETTINGS)).toMatchObject({
        ...{ outcome: 'skipped', reason: 'NotAnnotated' },
        warnings: [
          'the pod: rolechain.io/assume-role belongs on the ServiceAccount or the Namespace, and has no effect on the Pod; move it there (FieldUnknown)',
        ],
      });
    }
  });

  test.each([[{ 'rolechain.io/inject': 'true' }], [undefined]])('others draw none', (annotations) => {
    expect(call(plainPod({}, annotations), account('')).decision.warnings).toEqual([]);
  });

  test('no JSON value crashes it', () => {
    for (const pod of [null, 5, {}, { metadata: { annotations: ['rolechain.io/assume-role'] } }]) {
      expect(call(pod, account('')).decision).toMatchObject({ reason: 'NotAnnotated', warnings: [] });
    }
  });
});

describe('stored on account and Namespace they only warn', () => {
  test('of an account that asks for nothing else', () => {
    expect(call(plainPod(), of({ 'rolechain.io/asume-role': TARGET })).decision).toMatchObject({
      ...{ outcome: 'skipped', reason: 'NotAnnotated' },
      warnings: [
        'ServiceAccount shop/orders: rolechain.io/asume-role is not an annotation of this version; did you mean rolechain.io/assume-role? (FieldUnknown)',
      ],
    });
  });

  test('of an account that asks, and of its Namespace', () => {
    const who = of({ 'rolechain.io/assume-role': TARGET, 'rolechain.io/container-roles': 'x' });
    const { decision } = call(
      plainPod(),
      who,
      SETTINGS,
      undefined,
      inNamespace({ 'rolechain.io/alowed-roles': TARGET }),
    );
    expect(decision).toMatchObject({
      outcome: 'injected',
      warnings: [
        expect.stringContaining('ServiceAccount shop/orders: rolechain.io/container-roles belongs on the Pod'),
        expect.stringContaining(
          'Namespace shop: rolechain.io/alowed-roles is not an annotation of this version; did you mean',
        ),
      ],
    });
  });

  test('a pattern that matches no role, beside one that does, and alone', () => {
    const who = of({ 'rolechain.io/assume-role': TARGET });
    const judged = (patterns: string) =>
      call(plainPod(), who, SETTINGS, undefined, inNamespace({ [ROLES]: patterns })).decision;
    expect(judged(`role/* ${TARGET}`)).toMatchObject({
      outcome: 'injected',
      warnings: [expect.stringMatching(/^Namespace shop: .*pattern "role\/\*", which has 1 of the 6 parts/)],
    });
    expect(judged('role/*')).toMatchObject({
      reason: 'RoleNotAllowed',
      message: expect.stringContaining('allows role/*, of which some match no role: "role/*" has 1 of the 6 parts'),
    });
  });

  test('are kept as ten names at most, however many there are', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`rolechain.io/k${n}`, 'x'.repeat(1000)]));
    const { annotations } = of({ ...many, other: 'x' });
    expect(Object.keys(annotations)).toEqual(['rolechain.io/']);
    expect(annotations['rolechain.io/']?.split(' ')).toHaveLength(LIMITS.placesNamed);
    expect(of({ [`rolechain.io/${'x'.repeat(10_000)}`]: 'x' }).annotations).toEqual({});
  });
});
