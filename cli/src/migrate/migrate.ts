/** From what other tools have, the annotations that replace it, and what does not carry over. Pure. */
import { ANNOTATIONS } from '@rolechain/shared';
import { patternProblems } from '@rolechain/webhook';
import { areAssociations, associations } from './associations.ts';
import { compose, type ComposedAccount, type ComposedWorkload } from './compose.ts';
import { configFile, configMaps, type NamedText } from './config-files.ts';
import { externalSecrets } from './external-secrets.ts';
import { keda } from './keda.ts';
import { baseOf, podAnnotations } from './pod-annotations.ts';
import { join, type AllowedRoles, type Found, type KubeObject, type Left, type Origin, type Step } from './types.ts';

export interface Input {
  readonly objects: readonly KubeObject[];
  /** JSON that is no object of the API: what the AWS CLI printed. */
  readonly documents: readonly unknown[];
  /** Shared config files. */
  readonly configs: readonly NamedText[];
  /** For what stands in no namespace. */
  readonly namespace: string;
  /** What a role's name alone stands behind; else that of the tool's own DaemonSet. */
  readonly baseRoleARN: string | undefined;
}

export interface ComposedNamespace {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly from: readonly Origin[];
}

export interface Migration {
  readonly accounts: readonly ComposedAccount[];
  readonly namespaces: readonly ComposedNamespace[];
  readonly workloads: readonly ComposedWorkload[];
  readonly left: readonly Left[];
  readonly steps: readonly Step[];
}

export function migrate({ objects, documents, configs, namespace, baseRoleARN }: Input): Migration {
  const found: Found = join([
    podAnnotations(objects, baseRoleARN ?? baseOf(objects)),
    configMaps(objects),
    ...configs.map((config) => configFile(config, namespace)),
    ...documents.filter(areAssociations).map(associations),
    keda(objects),
    externalSecrets(objects),
  ]);
  const composed = compose(found.wanted, objects);
  const { namespaces, left } = composeNamespaces(found.allowed);
  return {
    accounts: composed.accounts,
    namespaces,
    workloads: composed.workloads,
    left: [...found.left, ...composed.left, ...left],
    steps: unique([...composed.steps, ...found.steps, ...noteOnBase(found)]),
  };
}

/** What a Namespace had twice: kiam allows what both of its annotations allow, so only one is carried over. */
function composeNamespaces(allowed: readonly AllowedRoles[]): { namespaces: ComposedNamespace[]; left: Left[] } {
  const left: Left[] = [];
  const namespaces: ComposedNamespace[] = [];
  for (const { namespace, patterns, origin } of allowed) {
    const text = [...new Set(patterns)].join(' ');
    const [problem] = patternProblems(text);
    if (problem) left.push({ ...origin, why: `${problem.path} ${problem.text}`, fix: problem.fix });
    else if (namespaces.some(({ name }) => name === namespace)) {
      left.push({
        ...origin,
        why: 'another annotation of the Namespace is carried over',
        fix: 'compare the two by hand',
      });
    } else namespaces.push({ name: namespace, annotations: { [ANNOTATIONS.allowedRoles.key]: text }, from: [origin] });
  }
  return { namespaces, left };
}

/** Both tools assume roles by the node's role, which no sidecar uses. */
function noteOnBase({ wanted }: Found): Step[] {
  if (!wanted.some(({ origin }) => origin.tool === 'kube2iam or kiam')) return [];
  const text =
    "each of these ServiceAccounts needs a base identity (an association of EKS Pod Identity, or eks.amazonaws.com/role-arn), and each role has to trust it instead of the node's role";
  return [{ object: 'kube2iam or kiam', text }];
}

function unique(steps: readonly Step[]): Step[] {
  return [...new Map(steps.map((step) => [`${step.object}\n${step.text}`, step])).values()];
}
