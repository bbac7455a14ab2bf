import { ANNOTATIONS, ENV, LIMITS } from '@rolechain/shared';
import { decide, preCheck } from './decide-pod.ts';
import { patch } from '../patch/patch.ts';
import { SETTINGS, TARGET, account, randomSource, plainPod } from '../testing/fixtures.ts';

const { podContainers, podEntries, patchOperations, containerNameChars } = LIMITS;
const ROLES = Array.from({ length: LIMITS.roles - 1 }, (_, i) => `r${i.toString(36)}`);
const MANY = account(
  JSON.stringify({ roleARN: TARGET, roles: Object.fromEntries(ROLES.map((name) => [name, { roleARN: TARGET }])) }),
);
const of = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const container = (i: number): object => ({ name: `c${i}`, image: 'app:1' });
const app = (fields: object): object => plainPod({ containers: [{ name: 'app', image: 'app:1', ...fields }] });

const outcome = (pod: object, who = account()): string => {
  const decision = decide(pod, who, SETTINGS);
  return decision.outcome === 'refused' ? `${decision.reason}: ${decision.message}` : decision.outcome;
};

/** `count` of one kind of entry. */
const ENTRIES: readonly (readonly [string, (count: number) => object])[] = [
  ['variables', (count) => app({ env: of(count, (i) => ({ name: `E${i}`, value: 'x' })) })],
  ['mounts', (count) => app({ volumeMounts: of(count, (i) => ({ name: 'v', mountPath: `/${i}` })) })],
  ['ports', (count) => app({ ports: of(count, (i) => ({ containerPort: 1 + (i % 60_000) })) })],
  ['envFrom', (count) => app({ envFrom: of(count, (i) => ({ configMapRef: { name: `c${i}` } })) })],
  [
    'limits',
    (count) => app({ resources: { limits: Object.fromEntries(of(count, (i) => [`example.org/r${i}`, '1'])) } }),
  ],
  ['volumes', (count) => plainPod({ volumes: of(count, (i) => ({ name: `v${i}`, emptyDir: {} })) })],
  ['nodeSelector', (count) => plainPod({ nodeSelector: Object.fromEntries(of(count, (i) => [`k${i}`, 'v'])) })],
  ['annotations', (count) => plainPod({}, Object.fromEntries(of(count, (i) => [`k${i}`, 'v'])))],
  [
    'ephemeral',
    (count) => plainPod({ ephemeralContainers: [{ name: 'e', env: of(count, (i) => ({ name: `E${i}` })) }] }),
  ],
];

describe('a pod that asks for a role', () => {
  test.each(ENTRIES)('may have many %s, and is refused with the limit where they are too many', (_name, make) => {
    // Beside them, a few that every pod has.
    expect(outcome(make(podEntries - 10))).toBe('injected');
    const refused = outcome(make(podEntries + 1));
    expect(refused).toMatch(/^PodTooLarge: .*ServiceAccount shop\/orders.*limit is 5000.*\[PodTooLarge\]$/);
    expect(refused).toContain('rolechain.io/inject: "false"');
  });

  test.each(['containers', 'initContainers', 'ephemeralContainers'])('may have many %s', (list) => {
    expect(outcome(plainPod({ [list]: of(podContainers - 1, container) }))).toBe('injected');
    expect(outcome(plainPod({ [list]: of(podContainers + 1, container) }))).toMatch(/^PodTooLarge: .*limit is 250/);
  });

  test('has containers whose names the API takes', () => {
    const named = (chars: number): object => plainPod({ containers: [{ name: 'x'.repeat(chars) }] });
    expect(outcome(named(containerNameChars))).toBe('injected');
    expect(outcome(named(containerNameChars + 1))).toMatch(/^PodTooLarge: .*64 characters; the limit is 63/);
  });

  test('gets no more operations than the limit, and is refused before they are made', () => {
    const asked = (containers: number): object =>
      plainPod(
        { containers: of(containers, (i) => ({ ...container(i), env: [], volumeMounts: [] })) },
        { [ANNOTATIONS.containerRoles.key]: of(containers, (i) => `c${i}=${['default', ...ROLES].join('+')}`).join() },
      );
    let most = 0;
    for (let count = 1; count <= podContainers; count++) {
      const decision = decide(asked(count), MANY, SETTINGS);
      if (decision.outcome === 'refused') {
        expect(decision.message).toMatch(/take \d+ operations of a patch; the limit is 3000/);
        break;
      }
      most = Math.max(most, patch(asked(count), decision, randomSource()).length);
    }
    expect(most).toBeLessThanOrEqual(patchOperations);
    // The estimate is no excuse to refuse what would fit easily.
    expect(most).toBeGreaterThan(patchOperations / 2);
  });

  test.each([
    [ENV.region, ''],
    [ENV.token, ''],
    [ENV.roleARN, ''],
    ['NO_PROXY', 'x'],
  ])('nor where one variable that is changed stands there again and again: %s', (name, value) => {
    const env = [{ name: 'HTTP_PROXY', value: 'http://proxy' }, ...of(patchOperations, () => ({ name, value }))];
    const settings = { ...SETTINGS, loopbackNoProxy: true };
    expect(decide(app({ env }), account(), settings)).toMatchObject({ outcome: 'refused', reason: 'PodTooLarge' });
  });

  test('of 40,000 containers with 32 roles each is refused as any other', () => {
    expect(outcome(plainPod({ containers: of(40_000, container) }), MANY)).toMatch(/^PodTooLarge: .*40000 containers/);
  });
});

test('one that asks for none, or to be left alone, may be of any size', () => {
  const huge = { containers: of(40_000, container) };
  expect(outcome(plainPod(huge), account(''))).toBe('skipped');
  expect(outcome(plainPod(huge, { [ANNOTATIONS.inject.key]: 'false' }))).toBe('skipped');
  expect(preCheck(plainPod(huge))).toBeUndefined();
});
