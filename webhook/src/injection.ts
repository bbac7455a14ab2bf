/** What is put into a pod, as plain objects in the form that the API's defaults give them. */
import {
  AUDIENCE,
  ENV,
  FOREIGN_KEYS,
  LIMITS,
  PATHS,
  SIDECAR,
  writeSidecarConfig,
  type SidecarConfig,
} from '@rolechain/shared';
import type { VolumeMount } from './pod.ts';

/** The base identity's volumes that a configuration needs. */
export interface BaseIdentity {
  readonly podIdentity: boolean;
  /** Audience of the IRSA token; absent when no role uses IRSA. */
  readonly irsaAudience?: string | undefined;
  /** Secret behind `credentialSource: environment`; absent when no role uses it. */
  readonly environmentSecret?: string | undefined;
}

export interface Injection {
  readonly image: string;
  readonly config: SidecarConfig;
  readonly baseIdentity: BaseIdentity;
  /** Lifetime of the projected tokens. */
  readonly expirationSeconds: number;
}

type Json = Record<string, unknown>;

/**
 * The fields of the sidecar that every call sets. Absent ones (command, args, envFrom, lifecycle) are
 * taken away where somebody put them. Values are written as the API's defaults would complete them,
 * or a second call would see a difference.
 */
export function sidecarFields({ image, config, baseIdentity }: Injection): Json {
  return {
    image,
    restartPolicy: 'Always',
    command: undefined,
    args: undefined,
    envFrom: undefined,
    lifecycle: undefined,
    env: [
      { name: ENV.config, value: writeSidecarConfig(config) },
      fieldVariable(ENV.podName, 'metadata.name'),
      fieldVariable(ENV.podIP, 'status.podIP'),
      fieldVariable(ENV.podIdentityLabel, `metadata.labels['${FOREIGN_KEYS.eksPodIdentityLabel}']`),
      { name: ENV.metadataDisabled, value: 'true' },
    ],
    ports: [{ name: 'rolechain', containerPort: config.ports.health, protocol: 'TCP' }],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsGroup: SIDECAR.user,
      runAsNonRoot: true,
      runAsUser: SIDECAR.user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: sidecarMounts(baseIdentity),
  };
}

/**
 * No mesh is in the way of an exec probe, and no probe but this one may restart the sidecar: it waits
 * for credentials as long as it takes (contract, section 2).
 */
export const STARTUP_PROBE = {
  exec: { command: [PATHS.imageNode, PATHS.imageProber] },
  failureThreshold: 2_147_483_647,
  periodSeconds: 1,
  successThreshold: 1,
  timeoutSeconds: 5,
} as const;

/** The volumes of an injected pod. */
export function volumes({ baseIdentity, expirationSeconds }: Injection): Json[] {
  const { podIdentity, irsaAudience, environmentSecret } = baseIdentity;
  const tokens = [
    ...(podIdentity ? [{ audience: AUDIENCE.podIdentity, path: PATHS.podIdentityToken }] : []),
    ...(irsaAudience !== undefined ? [{ audience: irsaAudience, path: PATHS.irsaToken }] : []),
  ].map(({ audience, path }) => ({ serviceAccountToken: { audience, expirationSeconds, path } }));
  const secret = { secret: { name: environmentSecret, optional: true } };
  return [
    { name: SIDECAR.tokenVolume, emptyDir: { medium: 'Memory', sizeLimit: SIDECAR.tokenVolumeSize } },
    ...(tokens.length > 0 ? [projected(SIDECAR.baseIdentityVolume, tokens)] : []),
    ...(environmentSecret !== undefined ? [projected(SIDECAR.environmentVolume, [secret])] : []),
  ];
}

/** A lifetime for new projected tokens, spread so that pods don't renew at once: the agent caches by token. */
export function newExpirationSeconds(random: () => number): number {
  const { tokenExpirationMinSeconds: min, tokenExpirationMaxSeconds: max } = LIMITS;
  return min + Math.floor(random() * (max - min + 1));
}

function sidecarMounts({ podIdentity, irsaAudience, environmentSecret }: BaseIdentity): VolumeMount[] {
  const readOnly = (name: string, mountPath: string): VolumeMount => ({ name, mountPath, readOnly: true });
  return [
    { name: SIDECAR.tokenVolume, mountPath: PATHS.tokens },
    ...(podIdentity || irsaAudience !== undefined ? [readOnly(SIDECAR.baseIdentityVolume, PATHS.baseIdentity)] : []),
    ...(environmentSecret !== undefined ? [readOnly(SIDECAR.environmentVolume, PATHS.environment)] : []),
  ];
}

function fieldVariable(name: string, fieldPath: string): Json {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function projected(name: string, sources: Json[]): Json {
  return { name, projected: { defaultMode: 0o644, sources } };
}
