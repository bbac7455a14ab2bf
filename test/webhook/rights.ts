/** Rights one by one, as the manifests give them, and roles that lack one. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const rulesOf = ({ rules = [] }: KubeObject): readonly Rule[] => rules as readonly Rule[];

/** `get nodes`, for each verb and resource of a rule; a right on named objects is one for all of its names. */
export function rightsOf(manifests: readonly KubeObject[]): string[] {
  return manifests
    .flatMap(rulesOf)
    .flatMap(({ verbs, resources }) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)));
}

/** The same, with the names: `get secrets/rolechain-webhook-tls`. */
export function namedRightsOf(manifests: readonly KubeObject[]): string[] {
  return manifests
    .flatMap(rulesOf)
    .flatMap(({ verbs, resources, resourceNames = [''] }) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => (name === '' ? `${verb} ${resource}` : `${verb} ${resource}/${name}`)),
        ),
      ),
    );
}

/** A ServiceAccount of that name, which has all rights of the manifests but one. */
export function accountWithout(manifests: readonly KubeObject[], right: string, name: string): KubeObject[] {
  const named = (object: KubeObject): string => `${object.metadata.name}-${name}`;
  const lacking = manifests.filter((object) => rightsOf([object]).includes(right));
  const roles = lacking.map((role) => ({
    ...role,
    metadata: { ...role.metadata, name: named(role) },
    rules: rulesOf(role).flatMap((rule) => ruleWithout(rule, right)),
  }));
  const bindings = manifests.flatMap((binding) => {
    const roleRef = binding.roleRef as { readonly kind: string; readonly name: string } | undefined;
    if (!roleRef) return [];
    const copied = lacking.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name);
    return {
      ...binding,
      metadata: { ...binding.metadata, name: named(binding) },
      roleRef: copied ? { ...roleRef, name: named(copied) } : roleRef,
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    };
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } },
    ...roles,
    ...bindings,
  ];
}

function ruleWithout(rule: Rule, right: string): Rule[] {
  return rule.resources
    .map((resource) => ({
      ...rule,
      resources: [resource],
      verbs: rule.verbs.filter((verb) => `${verb} ${resource}` !== right),
    }))
    .filter(({ verbs }) => verbs.length > 0);
}
