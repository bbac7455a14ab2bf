/**
 * The one view of a Pod that tests have: raw JSON, of which those fields have a type that some test, a model of another webhook or
 * the kubelet reads (API reference, Pod v1). Whatever else a pod holds is there all the same, and unknown.
 */
type Fields = Readonly<Record<string, unknown>>;

export interface Pod extends Fields {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

/** As a user applies it. */
export interface PodObject extends Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
}

export interface Metadata extends Fields {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PodSpec extends Fields {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface PodStatus extends Fields {
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip?: string }[];
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip?: string }[];
}

export interface Container extends Fields {
  readonly name: string;
  readonly image?: string;
  /** `Always` makes an init container a native sidecar. */
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFromSource[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly ports?: readonly ContainerPort[];
  readonly startupProbe?: Probe;
}

export interface EnvVar extends Fields {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: EnvVarSource;
}

export interface EnvVarSource extends Fields {
  readonly fieldRef?: { readonly fieldPath: string; readonly apiVersion?: string };
  readonly resourceFieldRef?: { readonly resource: string };
  readonly configMapKeyRef?: KeyRef;
  readonly secretKeyRef?: KeyRef;
}

export interface ObjectRef {
  readonly name?: string;
  readonly optional?: boolean;
}
export interface KeyRef extends ObjectRef {
  readonly key: string;
}
export interface EnvFromSource extends Fields {
  readonly prefix?: string;
  readonly configMapRef?: ObjectRef;
  readonly secretRef?: ObjectRef;
}

export interface VolumeMount extends Fields {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly subPathExpr?: string;
  readonly readOnly?: boolean;
}

export interface ContainerPort extends Fields {
  readonly containerPort: number;
}
export interface Probe extends Fields {
  readonly exec?: { readonly command?: readonly string[] };
}

export interface Volume extends Fields {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: Projected;
}

export interface Projected {
  readonly defaultMode?: number;
  readonly sources?: readonly ProjectedSource[] | null;
}
export interface ProjectedSource extends Fields {
  readonly serviceAccountToken?: {
    readonly path: string;
    readonly audience?: string;
    readonly expirationSeconds?: number;
  };
  readonly secret?: Projection;
  readonly configMap?: Projection;
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
}
export interface Projection extends ObjectRef {
  readonly items?: readonly KeyToPath[];
}
export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}
export interface DownwardItem {
  readonly path: string;
  readonly fieldRef?: { readonly fieldPath: string; readonly apiVersion?: string };
  readonly mode?: number;
}

/** A copy's type, for those who write into it. */
export type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T;
export type DraftPod = Draft<Pod>;
export type DraftContainer = Draft<Container>;

interface WithContainers<C> {
  readonly spec: { readonly containers: readonly C[]; readonly initContainers?: readonly C[] };
}

/** All containers, native sidecars among them, in the order in which they start. */
export function allContainers<C>({ spec }: WithContainers<C>): C[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

export function findContainer<C extends { readonly name: string }>(
  pod: WithContainers<C>,
  name: string,
): C | undefined {
  return allContainers(pod).find((container) => container.name === name);
}

/** The container of a name. Throws where the pod has none. */
export function containerOf<C extends { readonly name: string }>(pod: WithContainers<C>, name: string): C {
  const found = findContainer(pod, name);
  if (found) return found;
  const names = allContainers(pod).map((container) => container.name);
  throw new Error(`the pod has no container ${name}; its containers are ${names.join(', ')}`);
}

/** The value of a variable that a container names; undefined where it has none, or takes it from elsewhere. */
export function valueOf(container: Pick<Container, 'env'> | undefined, variable: string): string | undefined {
  return container?.env?.find(({ name }) => name === variable)?.value;
}
