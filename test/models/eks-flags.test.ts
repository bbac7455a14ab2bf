/** An EKS webhook with other flags than its defaults, named in the setting `eksWebhook` or not: what docs/webhook-order.md says of it. */
import { EKS_FLAGS, eksWebhook, type EksFlags } from '@rolechain/shared';
import { uninject } from '@rolechain/webhook';
import { SETTINGS, account, call } from '@rolechain/webhook/testing';
import jsonPatch from 'fast-json-patch';
import { EKS_ROLE, eksMutate, type EksOptions } from '@rolechain/kit/models/eks-webhook.ts';
import type { DraftPod } from '@rolechain/kit/pod.ts';

const who = account(undefined, { 'eks.amazonaws.com/role-arn': EKS_ROLE });
const pod: DraftPod = { metadata: {}, spec: { containers: [{ name: 'app' }] } };
const flags = (mode: EksOptions['mode'], given: EksOptions['flags']): EksOptions => ({
  mode,
  region: SETTINGS.region,
  regionalSTS: true,
  flags: given!,
});
const ours = (one: DraftPod) => call(one, who, SETTINGS);
const hasOfEks = (one: DraftPod): boolean =>
  /AWS_ROLE_ARN|WEB_IDENTITY|169\.254|\/elsewhere/.test(JSON.stringify(one.spec.containers));

test.each([
  ['--token-mount-path', flags('irsa', { mountPath: '/elsewhere' }), 'OwnWebIdentity'],
  [
    '--container-credentials-token-mount-path',
    flags('pod-identity', { mountPath: '/elsewhere' }),
    'OwnContainerCredentials',
  ],
  ['--container-credentials-token-path', flags('pod-identity', { tokenPath: 'other' }), 'OwnContainerCredentials'],
])(
  '%s: the pod is refused with the EKS webhook in front, and as by the defaults with it behind',
  (_name, eks, reason) => {
    expect(ours(eksMutate(pod, eks)).decision).toMatchObject({ outcome: 'refused', reason });
    const behind = eksMutate(ours(pod).pod, eks);
    expect(hasOfEks(behind)).toBe(false);
    expect(ours(behind).decision.outcome).toBe('injected');
  },
);

test('--container-credentials-token-volume-name: with the EKS webhook in front its mount stays', () => {
  const [container] = ours(eksMutate(pod, flags('pod-identity', { volume: 'other' }))).pod.spec.containers;
  expect(container?.volumeMounts?.map(({ name }) => name)).toEqual(['other', 'rolechain']);
  expect(JSON.stringify(container?.env)).not.toContain('169.254');
});

test('--annotation-prefix: with the EKS webhook behind, containers that hold a role get its own', () => {
  const eks = flags('irsa', { annotationPrefix: 'iam.example.com' });
  expect([hasOfEks(ours(eksMutate(pod, eks)).pod), hasOfEks(eksMutate(ours(pod).pod, eks))]).toEqual([false, true]);
});

describe('named in the setting', () => {
  const cases: readonly (readonly [string, EksOptions, Partial<EksFlags>])[] = [
    ['--token-mount-path', flags('irsa', { mountPath: '/elsewhere' }), { tokenMountPath: '/elsewhere' }],
    [
      '--container-credentials-token-mount-path',
      flags('pod-identity', { mountPath: '/elsewhere' }),
      { containerCredentialsTokenMountPath: '/elsewhere' },
    ],
    [
      '--container-credentials-token-path',
      flags('pod-identity', { tokenPath: 'other' }),
      { containerCredentialsTokenPath: 'other' },
    ],
    [
      '--container-credentials-token-volume-name',
      flags('pod-identity', { volume: 'other' }),
      { containerCredentialsTokenVolumeName: 'other' },
    ],
    [
      '--annotation-prefix',
      flags('irsa', { annotationPrefix: 'iam.example.com' }),
      { annotationPrefix: 'iam.example.com' },
    ],
  ];
  test.each(cases)(
    '%s: containers come out as without the EKS webhook, in front and behind',
    (_name, theirs, named) => {
      const eks = eksWebhook({ ...EKS_FLAGS, ...named });
      const known = (one: DraftPod) => call(one, who, { ...SETTINGS, eks });
      const alone = known(pod).pod.spec.containers;
      const front = known(eksMutate(pod, theirs));
      const behind = known(eksMutate(known(pod).pod, theirs));
      expect([front, behind].map(({ decision }) => decision.outcome)).toEqual(['injected', 'injected']);
      expect([front, behind].map((one) => one.pod.spec.containers)).toEqual([alone, alone]);
      expect(hasOfEks(eksMutate(known(pod).pod, theirs))).toBe(false);
      expect(front.pod.metadata.annotations?.[eks.keys.skipContainers]).toBe('rolechain,app');
      const injected = known(pod).pod;
      expect(jsonPatch.applyPatch(structuredClone(injected), uninject(injected, eks)).newDocument).toEqual({
        spec: pod.spec,
      });
    },
  );
});
