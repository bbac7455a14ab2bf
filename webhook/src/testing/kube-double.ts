/** Answers and objects for the byte-level tests on the double of the Kubernetes API. */
export { json, startKubeDouble, status, type Answerer, type KubeDouble } from '@rolechain/doubles/kube.ts';

/** One line of a watch. */
export const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

export function serviceAccount(
  name: string,
  resourceVersion: string,
  annotations: Record<string, string> = {},
): Record<string, unknown> {
  const metadata = { namespace: 'shop', name, resourceVersion, annotations, managedFields: [{ manager: 'kubectl' }] };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, secrets: [{ name: 'x' }] };
}

export function list(resourceVersion: string, items: readonly object[], next?: string): object {
  return { kind: 'ServiceAccountList', apiVersion: 'v1', metadata: { resourceVersion, continue: next }, items };
}
