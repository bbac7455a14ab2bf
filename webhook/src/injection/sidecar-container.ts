/** What is put into a pod, as plain objects in the form that the API's defaults give them. */
import {
  AUDIENCE,
  ENV,
  FOREIGN_KEYS,
  LIMITS,
  PATHS,
  PROBER_READINESS,
  SIDECAR,
  externalIDFile,
  writeSidecarConfig,
  type SecretKeyRef,
  type SidecarConfig,
} from '@rolechain/shared';
import { API_ACCESS, type InjectedState } from '../objects/injected-state.ts';
import type { Pod, Volume, VolumeMount } from '../objects/pod.ts';
import type { Readiness } from '../settings/pod-start.ts';
import type { SidecarUser } from '../settings/settings.ts';
import type { SidecarFields } from './sidecar-fields.ts';
import type { VolumeNeeds } from './sidecar-config.ts';

/** What decides on the sidecar, of a pod that gets one. */
export interface InjectionFacts {
  readonly pod: Pod;
  readonly ours: InjectedState;
  /** Without the tokens of `tokensInEnv`: those are random. */
  readonly config: SidecarConfig;
  readonly baseIdentity: VolumeNeeds;
  readonly image: string;
  readonly user: SidecarUser;
  readonly declareMetricsPort: boolean;
  readonly readiness: Readiness;
  /** What the admin adds to the sidecar's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Injection {
  readonly image: string;
  readonly user: SidecarUser;
  /** The securityContext of a sidecar that is there already. */
  readonly securityContext?: unknown;
  /** The health port is named in the container, for those who look for it there. */
  readonly declareMetricsPort: boolean;
  readonly readiness: Readiness;
  /** Variables of Node's own that the admin sets: egress proxy, private CA. */
  readonly environment: Readonly<Record<string, string>>;
  readonly config: SidecarConfig;
  readonly baseIdentity: VolumeNeeds;
  /** Lifetime of the projected tokens. */
  readonly expirationSeconds: number;
}

type Json = Record<string, unknown>;

/**
 * What a decision puts into the pod, with this configuration. A random value is made once and kept while in range:
 * the lifetime of the tokens is that of an earlier call, else the one given.
 */
export function injectionOf(
  { image, user, declareMetricsPort, readiness, environment, baseIdentity, ours, pod }: InjectionFacts,
  config: SidecarConfig,
  expirationSeconds: () => number = () => LIMITS.tokenExpirationMaxSeconds,
): Injection {
  const securityContext = ours.sidecar?.container.securityContext;
  const lifetime = expirationSecondsOf(pod) ?? expirationSeconds();
  return {
    image,
    user,
    securityContext,
    declareMetricsPort,
    readiness,
    environment,
    config,
    baseIdentity,
    expirationSeconds: lifetime,
  };
}

/**
 * The fields of the sidecar that every call sets (SIDECAR_FIELDS); those that aren't here are taken away where
 * somebody put them.
 */
export function sidecarFields(injection: Injection): SidecarFields {
  const { image, environment, config, baseIdentity } = injection;
  return {
    image,
    restartPolicy: 'Always',
    env: [
      { name: ENV.config, value: writeSidecarConfig(config) },
      fieldVariable(ENV.podName, 'metadata.name'),
      fieldVariable(ENV.podIP, 'status.podIP'),
      fieldVariable(ENV.podIdentityLabel, `metadata.labels['${FOREIGN_KEYS.eksPodIdentityLabel}']`),
      { name: ENV.metadataDisabled, value: 'true' },
      // `$$` is the kubelet's way to write a dollar sign.
      ...Object.entries(environment).map(([name, value]) => ({ name, value: value.replaceAll('$', '$$$$') })),
    ],
    // Undeclared by default: proxies of meshes and scrapers take each declared port for one to work on.
    ...(injection.declareMetricsPort
      ? { ports: [{ name: SIDECAR.metricsPort, containerPort: config.ports.health, protocol: 'TCP' }] }
      : {}),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      ...identity(injection),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    startupProbe: STARTUP_PROBE,
    ...(injection.readiness === 'credentials' ? { readinessProbe: READINESS_PROBE } : {}),
    // `kubectl describe` then shows why it ended: a configuration that it cannot read, a port that is taken.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: sidecarMounts(baseIdentity),
  };
}

/** User and group. Where the platform chooses them, it has done so before a second call, and wants them back. */
function identity({ user, securityContext }: Pick<Injection, 'user' | 'securityContext'>): Json {
  if (user === 'fixed') return { runAsGroup: SIDECAR.user, runAsUser: SIDECAR.user };
  const { runAsGroup, runAsUser } = (securityContext ?? {}) as Json;
  // 0 is root, which runAsNonRoot would keep from starting.
  const chosen = Object.entries({ runAsGroup, runAsUser }).filter(([, id]) => Number.isInteger(id) && id !== 0);
  return Object.fromEntries(chosen);
}

/**
 * No mesh is in the way of an exec probe, and no probe but this one may restart the sidecar: it waits
 * for credentials as long as it takes (contract, section 2).
 */
const STARTUP_PROBE = {
  exec: { command: [PATHS.imageNode, PATHS.imageProber] },
  failureThreshold: 2_147_483_647,
  periodSeconds: 1,
  successThreshold: 1,
  timeoutSeconds: 5,
} as const;

/** Off by default: a native sidecar's readiness is the pod's, so an outage of STS would empty Services. */
const READINESS_PROBE = {
  exec: { command: [PATHS.imageNode, PATHS.imageProber, PROBER_READINESS] },
  failureThreshold: 3,
  periodSeconds: 10,
  successThreshold: 1,
  timeoutSeconds: 5,
} as const;

/** The volumes of an injected pod. */
export function volumes({ baseIdentity, expirationSeconds }: Injection): Volume[] {
  const { podIdentity, irsaAudience, environmentSecret, externalIDs, apiAccess } = baseIdentity;
  const tokens = [
    ...(podIdentity ? [{ audience: AUDIENCE.podIdentity, path: PATHS.podIdentityToken }] : []),
    ...(irsaAudience !== undefined ? [{ audience: irsaAudience, path: PATHS.irsaToken }] : []),
  ].map(({ audience, path }) => ({ serviceAccountToken: { audience, expirationSeconds, path } }));
  const secret = { secret: { name: environmentSecret, optional: true } };
  return [
    { name: SIDECAR.tokenVolume, emptyDir: { medium: 'Memory', sizeLimit: SIDECAR.tokenVolumeSize } },
    ...(tokens.length > 0 ? [projected(SIDECAR.baseIdentityVolume, tokens)] : []),
    ...(environmentSecret !== undefined ? [projected(SIDECAR.environmentVolume, [secret])] : []),
    ...(externalIDs.length > 0 ? [projected(SIDECAR.externalIDsVolume, externalIDs.map(externalIDSource))] : []),
    ...(apiAccess ? [projected(SIDECAR.apiAccessVolume, apiAccessSources())] : []),
  ];
}

/** Optional: a Secret that isn't there is an error of that role alone, mended without a new pod. */
function externalIDSource({ name, key }: SecretKeyRef): Json {
  return { secret: { name, items: [{ key, path: externalIDFile({ name, key }) }], optional: true } };
}

/**
 * The token and CA with which the sidecar calls the API, also in a pod with automountServiceAccountToken: false.
 * 3607 s is what the API's own token volume asks for: the kubelet renews it, and apiservers know the figure.
 */
function apiAccessSources(): Json[] {
  const { token, configMap, ca } = API_ACCESS;
  return [
    { serviceAccountToken: { expirationSeconds: 3607, path: token } },
    { configMap: { name: configMap, items: [{ key: ca, path: ca }] } },
  ];
}

/** A lifetime for new projected tokens, spread so that pods don't renew at once: the agent caches by token. */
export function newExpirationSeconds(random: () => number): number {
  const { tokenExpirationMinSeconds: min, tokenExpirationMaxSeconds: max } = LIMITS;
  return min + Math.floor(random() * (max - min + 1));
}

/** The lifetime that was chosen at an earlier call, while in range. */
function expirationSecondsOf(pod: Pod): number | undefined {
  const volume = pod.spec.volumes?.find(({ name }) => name === SIDECAR.baseIdentityVolume) as
    { projected?: { sources?: { serviceAccountToken?: { expirationSeconds?: unknown } }[] } } | undefined;
  const seconds = volume?.projected?.sources?.[0]?.serviceAccountToken?.expirationSeconds;
  const { tokenExpirationMinSeconds: min, tokenExpirationMaxSeconds: max } = LIMITS;
  return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= min && seconds <= max
    ? seconds
    : undefined;
}

function sidecarMounts(baseIdentity: VolumeNeeds): VolumeMount[] {
  const { podIdentity, irsaAudience, environmentSecret, externalIDs, apiAccess } = baseIdentity;
  const readOnly = (name: string, mountPath: string): VolumeMount => ({ name, mountPath, readOnly: true });
  return [
    { name: SIDECAR.tokenVolume, mountPath: PATHS.tokens },
    ...(podIdentity || irsaAudience !== undefined ? [readOnly(SIDECAR.baseIdentityVolume, PATHS.baseIdentity)] : []),
    ...(environmentSecret !== undefined ? [readOnly(SIDECAR.environmentVolume, PATHS.environment)] : []),
    ...(externalIDs.length > 0 ? [readOnly(SIDECAR.externalIDsVolume, PATHS.externalIDs)] : []),
    ...(apiAccess ? [readOnly(SIDECAR.apiAccessVolume, PATHS.apiAccess)] : []),
  ];
}

function fieldVariable(name: string, fieldPath: string): Json {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function projected(name: string, sources: Json[]): Volume {
  return { name, projected: { defaultMode: 0o644, sources } };
}
