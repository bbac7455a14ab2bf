/** What the suite is told by its environment: the cluster, the images, and how pods reach this machine. */

export interface Given {
  readonly kubeconfig: string;
  readonly webhookImage: string;
  readonly sidecarImage: string;
  /** Of app.Dockerfile. */
  readonly appImage: string;
  /** An IPv4 address of this machine that pods reach: the doubles of AWS listen there. */
  readonly address: string;
}

/** Set by main.ts where the suite can't run: the reason. */
export const ABSENT = 'ROLECHAIN_TEST_ABSENT';

/** Set by main.ts where the network plugin of a mesh is there (../redirect.ts). */
export const REDIRECTS = 'ROLECHAIN_TEST_REDIRECTS';

const VARIABLES: Readonly<Record<keyof Given, string>> = {
  kubeconfig: 'ROLECHAIN_TEST_KUBECONFIG',
  webhookImage: 'ROLECHAIN_TEST_WEBHOOK_IMAGE',
  sidecarImage: 'ROLECHAIN_TEST_SIDECAR_IMAGE',
  appImage: 'ROLECHAIN_TEST_APP_IMAGE',
  address: 'ROLECHAIN_TEST_ADDRESS',
};

/** As the suite reads it again. */
export function environmentOf(given: Given): Record<string, string> {
  return Object.fromEntries(Object.entries(VARIABLES).map(([key, name]) => [name, given[key as keyof Given]]));
}

export function readGiven(env: NodeJS.ProcessEnv): Given | { readonly reason: string } {
  if (env[ABSENT]) return { reason: env[ABSENT] };
  const missing = Object.values(VARIABLES).filter((name) => !env[name]);
  if (missing.length > 0) return { reason: `Set ${missing.join(', ')}, or none of them for a cluster made here.` };
  const read = Object.entries(VARIABLES).map(([key, name]) => [key, env[name]]);
  return Object.fromEntries(read) as Record<keyof Given, string>;
}
