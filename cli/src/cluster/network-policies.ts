/** NetworkPolicies that close a pod to what comes in (networking.k8s.io/v1). */
import type { Cluster } from './client.ts';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface NetworkPolicy {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly podSelector?: Selector; readonly policyTypes?: readonly string[] };
}

type Labels = Readonly<Record<string, string>>;

/** Names of those that select a pod with these labels, and so close what they don't open. */
export async function policiesOver(cluster: Cluster, namespace: string, labels: Labels): Promise<string[]> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies`;
  const policies = await cluster.list(path, (item) => item as NetworkPolicy);
  const isOver = ({ spec }: NetworkPolicy): boolean =>
    (spec?.policyTypes ?? ['Ingress']).includes('Ingress') && selects(spec?.podSelector ?? {}, labels);
  return policies.filter(isOver).map(({ metadata }) => metadata?.name ?? '');
}

/** As apimachinery's LabelSelectorAsSelector: all conditions hold; none of them selects everything. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const byLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    byLabels &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      if (operator === 'In') return value !== undefined && values.includes(value);
      return value === undefined || !values.includes(value);
    })
  );
}
