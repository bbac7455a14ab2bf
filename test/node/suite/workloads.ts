/** Pods of users, in a namespace that enforces the restricted Pod Security Standard. */
import type { V1PodSpec } from '@kubernetes/client-node';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { SHOP } from './kube.ts';

/** What the application's containers have in common. */
export interface App {
  readonly image: string;
  /** Address of STS: no network leads to the real one. */
  readonly sts: string;
}

export interface PodOptions extends Omit<V1PodSpec, 'containers' | 'initContainers'> {
  /** Its ServiceAccount; default `orders`. */
  readonly account?: string;
  /** Name of each container → its arguments. */
  readonly containers?: Readonly<Record<string, readonly string[]>>;
  /** The same of init containers. */
  readonly init?: Readonly<Record<string, readonly string[]>>;
  readonly user?: number;
}

/** A pod template's spec; one container `app` that loops, if nothing else is said. */
export function specOf(app: App, options: PodOptions = {}): object {
  const { account = 'orders', containers = { app: ['loop'] }, init = {}, user = 1000, ...rest } = options;
  const made = (all: Readonly<Record<string, readonly string[]>>): object[] =>
    Object.entries(all).map(([name, args]) => container(app, name, args));
  return {
    serviceAccountName: account,
    // Clusters of tests may have no DNS.
    dnsPolicy: 'Default',
    securityContext: { runAsNonRoot: true, runAsUser: user, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: made(init),
    containers: made(containers),
    ...rest,
  };
}

/** One of the application's containers, by the restricted Pod Security Standard. */
export function container({ image, sts }: App, name: string, args: readonly string[]) {
  return {
    name,
    image,
    args,
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'AWS_ENDPOINT_URL_STS', value: sts }],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

export function podOf(app: App, name: string, options?: PodOptions): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: SHOP }, spec: specOf(app, options) };
}

/** With the label `app` by its name. */
export function deploymentOf(app: App, name: string): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: SHOP },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: specOf(app) } },
  };
}

export function jobOf(app: App, name: string): KubeObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: SHOP }, spec: jobSpec(app, name) };
}

/** Each minute, which is as often as there is. */
export function cronJobOf(app: App, name: string): KubeObject {
  const spec = { schedule: '* * * * *', jobTemplate: { spec: jobSpec(app, name) } };
  return { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name, namespace: SHOP }, spec };
}

function jobSpec(app: App, name: string): object {
  const spec = specOf(app, { containers: { app: ['once'] }, restartPolicy: 'Never' });
  return { backoffLimit: 0, template: { metadata: { labels: { app: name } }, spec } };
}
