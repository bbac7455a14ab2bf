/** The parts of a Pod that a kubelet reads here: views of raw JSON, never a copy of it. */

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type Pod = Optional<{ metadata: Metadata; spec: PodSpec; status: PodStatus }>;

export type Metadata = Optional<{
  name: string;
  namespace: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}>;

export type PodSpec = Optional<{
  serviceAccountName: string;
  nodeName: string;
  volumes: readonly Volume[];
  initContainers: readonly Container[];
  containers: readonly Container[];
}>;

export type PodStatus = Optional<{
  podIP: string;
  podIPs: readonly Optional<{ ip: string }>[];
  hostIP: string;
  hostIPs: readonly Optional<{ ip: string }>[];
}>;

export type Container = { readonly name: string } & Optional<{
  command: readonly string[];
  args: readonly string[];
  workingDir: string;
  env: readonly EnvVar[];
  envFrom: readonly EnvFromSource[];
  volumeMounts: readonly VolumeMount[];
  startupProbe: Optional<{ exec: Optional<{ command: readonly string[] }> }>;
}>;

export type EnvVar = { readonly name: string } & Optional<{ value: string; valueFrom: EnvVarSource }>;

export type EnvVarSource = Optional<{
  fieldRef: { readonly fieldPath: string };
  resourceFieldRef: { readonly resource: string };
  configMapKeyRef: KeyRef;
  secretKeyRef: KeyRef;
}>;

export type KeyRef = { readonly key: string } & ObjectRef;
export type ObjectRef = Optional<{ name: string; optional: boolean }>;
export type EnvFromSource = Optional<{ prefix: string; configMapRef: ObjectRef; secretRef: ObjectRef }>;

export type VolumeMount = { readonly name: string; readonly mountPath: string } & Optional<{
  subPath: string;
  subPathExpr: string;
  readOnly: boolean;
}>;

export type Volume = { readonly name: string } & Optional<{ emptyDir: object; projected: Projected }>;

export type Projected = Optional<{ defaultMode: number; sources: readonly ProjectedSource[] | null }>;

export type ProjectedSource = Optional<{
  serviceAccountToken: { readonly path: string } & Optional<{ audience: string; expirationSeconds: number }>;
  secret: Projection;
  configMap: Projection;
  downwardAPI: Optional<{ items: readonly DownwardItem[] }>;
}>;

export type Projection = ObjectRef & Optional<{ items: readonly KeyToPath[] }>;
export type KeyToPath = { readonly key: string; readonly path: string } & Optional<{ mode: number }>;
export type DownwardItem = { readonly path: string } & Optional<{
  fieldRef: { readonly fieldPath: string };
  mode: number;
}>;

/** The container of a name, among the pod's init containers (sidecars are some of them) and containers. */
export function containerOf(pod: Pod, name: string): Container {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const found = all.find((container) => container.name === name);
  if (!found)
    throw new Error(`the pod has no container ${name}; its containers are ${all.map((c) => c.name).join(', ')}`);
  return found;
}
