/** The downward API: fields of a pod as text. Rules: k8s.io/kubernetes pkg/kubelet/kubelet_pods.go and pkg/fieldpath. */
import type { Pod } from '@rolechain/kit/pod.ts';

const SUBSCRIPTED = /^metadata\.(labels|annotations)\['(.*)'\]$/s;

const FIELDS: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace,
  'metadata.uid': (pod) => pod.metadata.uid,
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName,
  'spec.nodeName': (pod) => pod.spec.nodeName,
  'status.podIP': (pod) => pod.status?.podIP ?? podIPs(pod)[0],
  'status.podIPs': (pod) => podIPs(pod).join(',') || pod.status?.podIP,
  'status.hostIP': (pod) => pod.status?.hostIP ?? hostIPs(pod)[0],
  'status.hostIPs': (pod) => hostIPs(pod).join(',') || pod.status?.hostIP,
};

export type FieldValue = { readonly value: string; readonly note?: string } | { readonly note: string };

/**
 * The value of a `fieldRef`. An absent label or annotation is empty, as with a kubelet. Any other absent
 * field is empty with a note, since a kubelet would have had a value. An unknown path has no value.
 */
export function podField(pod: Pod, path: string): FieldValue {
  const [, map, key] = SUBSCRIPTED.exec(path) ?? [];
  if (map !== undefined && key !== undefined) {
    const entries = pod.metadata[map === 'labels' ? 'labels' : 'annotations'] ?? {};
    return { value: Object.hasOwn(entries, key) ? (entries[key] ?? '') : '' };
  }
  const read = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  if (!read) return { note: `fieldRef ${path} is not one that is known here` };
  const value = read(pod);
  return value === undefined ? { value: '', note: `the pod has no ${path}, so it is empty` } : { value };
}

const podIPs = (pod: Pod): string[] => addresses(pod.status?.podIPs);
const hostIPs = (pod: Pod): string[] => addresses(pod.status?.hostIPs);

function addresses(list: readonly { readonly ip?: string | undefined }[] | undefined): string[] {
  return (list ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}
