/** Hard by the users that a platform lets a pod have. */
import { findContainer } from '@rolechain/kit/pod.ts';
import { SIDECAR } from '@rolechain/shared';
import { container, podOf, type HardPod } from './row.ts';

/** What the restricted Pod Security level wants of a pod, and no user of its own. */
const RESTRICTED = restricted({});

function restricted(user: { readonly runAsUser?: number }): Readonly<Record<string, unknown>> {
  return {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      container('app', {
        securityContext: { ...user, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      }),
    ],
  };
}

/**
 * Outside of the range by itself. Its account asks for no role: where the guard denies, too, an apiserver tells of one of the
 * two policies alone, and which one that is stays so until a policy changes.
 */
export const OUTSIDE_THE_RANGE: HardPod = {
  name: 'a pod whose own user is outside of the range',
  pod: podOf(restricted({ runAsUser: 1 })),
  account: 'plain',
  namespace: 'strict',
  outcome: 'skipped',
  reason: 'NotAnnotated',
  so: 'The platform refuses it.',
};

const injected = { outcome: 'injected', reason: 'Injected' } as const;

export const USERS: readonly HardPod[] = [
  {
    name: 'a range of users that the platform enforces, and a sidecar that names one outside',
    pod: podOf(RESTRICTED),
    namespace: 'strict',
    ...injected,
    so: 'The platform refuses the pod: set `sidecarUser: unset`.',
    apiserver: /user 28173 is outside of the range/,
  },
  {
    name: 'a range of users that the platform enforces',
    pod: podOf(RESTRICTED),
    variant: 'unset',
    namespace: 'strict',
    ...injected,
    so: 'The sidecar names no user, and meets the restricted Pod Security level all the same.',
    shows: [
      (pod) => findContainer(pod, SIDECAR.name)?.securityContext,
      {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    ],
  },
];
