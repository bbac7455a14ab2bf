/** NetworkPolicies that close a pod to what comes in (networking.k8s.io/v1). */
import type { Cluster } from './client.ts';
import { selects, type Selector } from './selector.ts';

interface NetworkPolicy {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly podSelector?: Selector; readonly policyTypes?: readonly string[] };
}

/** Names of those that select a pod with these labels, and so close what they don't open. */
export async function policiesOver(
  cluster: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<string[]> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies`;
  const policies = await cluster.list(path, (item) => item as NetworkPolicy);
  const isOver = ({ spec }: NetworkPolicy): boolean =>
    (spec?.policyTypes ?? ['Ingress']).includes('Ingress') && selects(spec?.podSelector ?? {}, labels);
  return policies.filter(isOver).map(({ metadata }) => metadata?.name ?? '');
}
