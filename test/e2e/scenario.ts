/** What a row of the scenarios is, and the objects that all rows need. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { LIMIT_RANGES, NAMESPACES, TOOLS_ACCOUNTS } from './refusals/accounts.ts';
import { NAMESPACE } from './refusals/refusal.ts';
import { REFUSALS } from './refusals/rows.ts';
import { OTHER_ROLE } from './roles.ts';

/** Parameters of one call of STS, as the query protocol names them; `absent` must not be sent. */
export type Call = { readonly action: string; readonly absent?: readonly string[] } & Readonly<Record<string, unknown>>;

export interface Scenario {
  /** Also the name of the ServiceAccount. */
  readonly name: string;
  /** Value of `rolechain.io/assume-role`; absent where the account has none. */
  readonly annotation?: string;
  /** Further annotations of the account, and annotations of the pod. */
  readonly account?: Readonly<Record<string, string>>;
  readonly pod?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: shop. */
  readonly namespace?: string;
  /** Without a Pod Identity association. */
  readonly unassociated?: true;
  /** Containers of the pod; default one, `app`. */
  readonly containers?: readonly string[];
  /** Caller ARN by container; POD stands for the pod's name. Other containers are left as they were. */
  readonly callers: Readonly<Record<string, string>>;
  /** Region in the environment of the containers that hold a role; default: the webhook's. */
  readonly region?: string;
  /** Resources of the sidecar; default: whatever they are. */
  readonly resources?: Readonly<Record<'limits' | 'requests', Readonly<Record<string, string>>>>;
  readonly calls: readonly Call[];
  /** The roles are fetched side by side, at least behind the hops that they share: their calls come in any order. */
  readonly sideBySide?: true;
  /** Where STS is asked, call by call, where the webhook leaves the endpoint to the Region. */
  readonly hosts?: readonly string[];
}

export const assume = (RoleArn: string, more: Readonly<Record<string, unknown>> = {}): Call => ({
  action: 'AssumeRole',
  RoleArn,
  ...more,
});
export const byWebIdentity = (RoleArn: string, more: Readonly<Record<string, unknown>> = {}): Call => ({
  action: 'AssumeRoleWithWebIdentity',
  RoleArn,
  ...more,
});

/** The namespaces, accounts and rights of all rows, as a YAML stream. */
export function objectsOf(scenarios: readonly Scenario[]): string {
  const usesOther = scenarios.filter(({ annotation = '' }) => annotation.includes('serviceAccount:'));
  const objects = [
    ...Object.entries(NAMESPACES).map(([name, annotations]) => {
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } };
    }),
    ...Object.entries(LIMIT_RANGES).map(([namespace, spec]) => {
      return { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'limits', namespace }, spec };
    }),
    account({ name: 'other', namespace: 'tools', account: { 'eks.amazonaws.com/role-arn': OTHER_ROLE } }),
    ...Object.entries(TOOLS_ACCOUNTS).map(([name, base]) =>
      account({ name, namespace: 'tools', account: base === undefined ? {} : { 'eks.amazonaws.com/role-arn': base } }),
    ),
    ...[...REFUSALS.filter(({ onNamespace }) => !onNamespace), ...scenarios].map(account),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'token-of-other', namespace: 'tools' },
      rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['other'], verbs: ['create'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'token-of-other', namespace: 'tools' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'token-of-other' },
      subjects: usesOther.map(({ name }) => ({ kind: 'ServiceAccount', name, namespace: NAMESPACE })),
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

type Annotated = Pick<Scenario, 'name' | 'namespace' | 'annotation' | 'account'>;

/** The ServiceAccount of a row. */
export function account({ name, namespace = NAMESPACE, annotation, account: others }: Annotated): KubeObject {
  const annotations = { ...(annotation === undefined ? {} : { 'rolechain.io/assume-role': annotation }), ...others };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } };
}

/**
 * The row's pod. A container that declares the sidecar's usual ports makes it move, so that this file's pods
 * and another's may run at the same time: with the same ports one would wait (holdPorts).
 */
export function podOfScenario({
  name,
  namespace = NAMESPACE,
  pod,
  labels = {},
  containers = ['app'],
}: Scenario): KubeObject {
  const ports = [28_173, 28_174].map((containerPort) => ({ containerPort }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      annotations: { 'rolechain.io/skip-containers': 'ports', ...pod },
    },
    spec: {
      serviceAccountName: name,
      containers: [...containers.map((c) => ({ name: c, image: 'app:1' })), { name: 'ports', image: 'app:1', ports }],
    },
  };
}
