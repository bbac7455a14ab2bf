/**
 * What the webhook asks of the Kubernetes API, and so what the double answers. kube.test.ts holds it against the rules
 * that the manifests grant and against what a real webhook asks for: neither may have more nor less.
 */
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import type { Attributes } from './asked.ts';

/** As a rule of a Role or ClusterRole. */
export interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Absent: every name. */
  readonly names?: readonly string[];
  /** Absent: a rule of a ClusterRole. */
  readonly namespace?: string;
}

const ADMISSION = 'admissionregistration.k8s.io';
const READ = ['get', 'list', 'watch'];

export const RULES: readonly Rule[] = [
  { group: '', resource: 'serviceaccounts', verbs: READ },
  { group: '', resource: 'namespaces', verbs: READ },
  { group: '', resource: 'limitranges', verbs: ['list', 'watch'] },
  { group: '', resource: 'nodes', verbs: ['get'] },
  { group: ADMISSION, resource: 'mutatingwebhookconfigurations', verbs: [...READ, 'patch'], names: ['rolechain'] },
  { group: ADMISSION, resource: 'validatingwebhookconfigurations', verbs: [...READ, 'patch'], names: ['rolechain'] },
  {
    ...{ group: ADMISSION, resource: 'validatingadmissionpolicybindings', verbs: ['get'] },
    names: [
      'rolechain-guard',
      'rolechain-guard-default-role',
      'rolechain-guard-default-role-opted-in',
      'rolechain-guard-opted-in',
    ],
  },
  { group: '', resource: 'secrets', verbs: ['create'], namespace: NAMESPACE },
  {
    ...{ group: '', resource: 'secrets', verbs: [...READ, 'update'] },
    ...{ names: ['rolechain-webhook-tls'], namespace: NAMESPACE },
  },
];

/** As the apiserver's RBAC authorizer: within a namespace, a rule of a ClusterRole counts too. */
export function ruleOf(asked: Attributes, rules: readonly Rule[] = RULES): Rule | undefined {
  return rules.find(
    ({ group, resource, verbs, names, namespace }) =>
      group === asked.group &&
      resource === asked.resource &&
      verbs.includes(asked.verb) &&
      (names === undefined || (asked.name !== undefined && names.includes(asked.name))) &&
      (namespace === undefined || namespace === asked.namespace),
  );
}
