/** Kubernetes' own kinds that people write and that make pods (API reference, Workload Resources). */

export interface APIKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plural in paths of the API. */
  readonly resource: string;
}

export const WORKLOAD_KINDS: readonly APIKind[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment', resource: 'deployments' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', resource: 'statefulsets' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets' },
  { apiVersion: 'batch/v1', kind: 'Job', resource: 'jobs' },
  { apiVersion: 'batch/v1', kind: 'CronJob', resource: 'cronjobs' },
];
