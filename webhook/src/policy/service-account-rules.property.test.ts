/** Arbitrary pods whose accounts declare arbitrary roles: what holds whatever is asked for. */
import fc from 'fast-check';
import { ENV, SIDECAR, parseAssumeRole, parseSidecarConfig, type SidecarConfig } from '@rolechain/shared';
import { allContainers, findContainer, valueOf, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { unmanagedChanges } from '@rolechain/kit/unmanaged/fresh.ts';
import { arbitraryAnnotation, arbitraryPod, withRoleAnnotations } from '@rolechain/kit/models/pods.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { SETTINGS, TARGET, account, call } from '../testing/fixtures.ts';
import type { AdmissionContext } from './decide-service-account.ts';

const ROLE_ARN = 'eks.amazonaws.com/role-arn';
const settings = { ...SETTINGS, otherServiceAccounts: true };
const shared = { namespace: 'platform', name: 'shared-aws', annotations: { [ROLE_ARN]: TARGET } };
const context: AdmissionContext = { others: new Map([['platform/shared-aws', shared]]), allowedRoles: undefined };

const asked = fc.tuple(arbitraryPod, arbitraryAnnotation).chain(([pod, annotation]) => {
  const parsed = parseAssumeRole(annotation);
  // An annotation that is not in order would leave nothing to look at.
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const declared = parsed.value.map(({ name }) => name);
  return fc.record({ pod: withRoleAnnotations(pod, declared), annotation: fc.constant(annotation) });
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const inject = (pod: DraftPod, annotation: string, r = 0.5): ReturnType<typeof call<DraftPod>> =>
  call(pod, account(annotation, { [ROLE_ARN]: TARGET }), settings, () => r, context);

const configOf = (pod: DraftPod): SidecarConfig => {
  const text = valueOf(findContainer(pod, SIDECAR.name), ENV.config) ?? '';
  expect(text).not.toContain('$');
  const config = parseSidecarConfig(text);
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  return config.value;
};
const others = (pod: DraftPod): DraftContainer[] => allContainers(pod).filter(({ name }) => name !== SIDECAR.name);
const mountsOf = (container: DraftContainer): string[] =>
  (container.volumeMounts ?? []).filter(({ name }) => name === 'rolechain').map(({ subPath }) => String(subPath));

test('nothing foreign changes, and a second call changes nothing, whatever the random values', () => {
  fc.assert(
    fc.property(asked, random, random, ({ pod, annotation }, r1, r2) => {
      const once = inject(pod, annotation, r1);
      expect(once.decision.outcome).not.toBe('refused');
      expect(unmanagedChanges(pod, once.pod)).toEqual([]);
      expect(inject(once.pod, annotation, r2).pod).toEqual(once.pod);
    }),
    { numRuns: runs(300) },
  );
});

test('tokens are mounted into the containers that hold the role, and into no other', () => {
  fc.assert(
    fc.property(asked, ({ pod, annotation }) => {
      const { decision, pod: after } = inject(pod, annotation);
      if (decision.outcome !== 'injected') return;
      const held = new Map(decision.containers.map(({ name, roles }) => [name, roles]));
      const config = configOf(after);
      expect(Object.keys(config.roles).sort()).toEqual([...new Set([...held.values()].flat())].sort());
      for (const container of others(after)) {
        const roles = held.get(container.name) ?? [];
        expect(mountsOf(container)).toEqual(roles);
        const env = new Map((container.env ?? []).map(({ name, value }) => [name, value]));
        expect(env.get(ENV.fullURI)?.split('/').at(-1) ?? '').toBe(roles[0] ?? '');
        // An empty one stays where the container holds no role.
        expect(env.get(ENV.token) ?? '').toBe(config.roles[roles[0] ?? '']?.token ?? '');
      }
    }),
    { numRuns: runs(300) },
  );
});

test('volumes of ours other than the tokens are mounted into the sidecar alone', () => {
  fc.assert(
    fc.property(asked, ({ pod, annotation }) => {
      const { decision, pod: after } = inject(pod, annotation);
      if (decision.outcome !== 'injected') return;
      const ours = (after.spec.volumes ?? []).map(({ name }) => name).filter((name) => name.startsWith('rolechain-'));
      const sidecar = after.spec.initContainers?.find(({ name }) => name === SIDECAR.name);
      const mounted = (sidecar?.volumeMounts ?? []).map(({ name }) => name);
      expect(mounted).toEqual(['rolechain', ...ours]);
      const needs = Object.values(configOf(after).roles);
      const external = needs.some(({ hops }) => hops.some(({ externalIDFrom }) => externalIDFrom));
      expect(ours.includes(SIDECAR.externalIDsVolume)).toBe(external);
      const requested = needs.some(({ source }) => source?.type === 'irsa' && source.token.type === 'token-request');
      expect(ours.includes(SIDECAR.apiAccessVolume)).toBe(requested);
      for (const container of others(after)) expect(JSON.stringify(container)).not.toContain('"rolechain-');
    }),
    { numRuns: runs(200) },
  );
});
