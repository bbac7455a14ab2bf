/**
 * The names that the API server may call a Service by. It uses `<service>.<namespace>.svc` as TLS server
 * name (kubernetes/kubernetes, apiserver/pkg/util/webhook/client.go); the longer one is for people with curl.
 */
export function serviceDnsNames(service: string, namespace: string): string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}
