/** Namespaces that differ in nothing but what of ours the apiserver asks there. */
import { account, namespace, ROLE } from '@rolechain/test/guard/installed.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

/** `off` neither, `on` the webhook alone, `guarded` webhook and guard, as the manifests install them. */
export const SIDES = ['off', 'on', 'guarded'] as const;
export type Side = (typeof SIDES)[number];
export const ANNOTATED = 'asking';
export const PLAIN = 'plain';

const NO_WEBHOOK = 'bench.example.com/no-webhook';
const NO_GUARD = 'bench.example.com/no-guard';
const LABELS: Readonly<Record<Side, Readonly<Record<string, string>>>> = {
  off: { [NO_WEBHOOK]: 'true', [NO_GUARD]: 'true' },
  on: { [NO_GUARD]: 'true' },
  guarded: {},
};

export const spaceOf = (side: Side): string => `create-${side}`;

interface Selecting {
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] };
}

/** The manifests, whose webhook and guard leave the namespaces with these labels out. */
export function withSides(manifests: readonly KubeObject[]): KubeObject[] {
  return manifests.map((object) => {
    if (object.kind === 'MutatingWebhookConfiguration') {
      const { webhooks } = object as KubeObject & { webhooks: readonly Selecting[] };
      return { ...object, webhooks: webhooks.map((webhook) => unless(webhook, NO_WEBHOOK)) };
    }
    if (object.kind !== 'ValidatingAdmissionPolicyBinding') return object;
    const { spec } = object as KubeObject & { spec: { readonly matchResources: Selecting } };
    return { ...object, spec: { ...spec, matchResources: unless(spec.matchResources, NO_GUARD) } };
  });
}

function unless<T extends Selecting>(of: T, key: string): T {
  const matchExpressions = [...of.namespaceSelector.matchExpressions, { key, operator: 'DoesNotExist' }];
  return { ...of, namespaceSelector: { ...of.namespaceSelector, matchExpressions } };
}

/** A namespace and its accounts, one of which asks for a role. */
export interface Space {
  readonly namespace: KubeObject;
  readonly accounts: readonly KubeObject[];
}

/** `count` accounts in all, `each` a namespace, the sides' namespaces among them: the guard's cost grows with `each`. */
export function spaces(count: number, each: number): Space[] {
  const names = Array.from({ length: Math.max(SIDES.length, Math.round(count / each)) }, (_, index) => {
    const side = SIDES[index];
    return side === undefined ? namespace(`space-${index}`) : namespace(spaceOf(side), LABELS[side]);
  });
  return names.map((object) => {
    const { name = '' } = object.metadata;
    const plain = Array.from({ length: each - 2 }, (_, index) => account(name, `plain-${index}`));
    return { namespace: object, accounts: [account(name, ANNOTATED, ROLE), account(name, PLAIN), ...plain] };
  });
}
