/** Whether a pod is one for Windows, read off all that it asks of its node. Pure. */
import { FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import { CONTAINER_LISTS, fieldsOf, listOf, type Pod } from '../objects/pod.ts';

/** Those that have a kubelet, by the value of the node label `kubernetes.io/os`. */
const SYSTEMS = ['linux', 'windows'] as const;
type System = (typeof SYSTEMS)[number];

const { nodeOS, betaNodeOS, windowsBuild } = FOREIGN_KEYS;

/**
 * The field by which the pod can only run on Windows; undefined where it may run on Linux, or nowhere. `spec.os` decides
 * where it is there, since the kubelet of another system rejects the pod; then what node it may be on, by selector and
 * required affinity together; then `windowsOptions`, which the API refuses on a pod of Linux. A toleration proves nothing.
 */
export function windowsSign({ spec }: Pod): string | undefined {
  const system = spec.os?.name ?? '';
  if (system !== '') return system === 'windows' ? 'spec.os.name' : undefined;
  const selected = SYSTEMS.filter((os) => selectorAllows(spec.nodeSelector ?? {}, os));
  const nodes = selected.filter((os) => affinityAllows(spec.affinity, os));
  if (!nodes.includes('windows')) return undefined;
  if (!selected.includes('linux')) return 'spec.nodeSelector';
  return nodes.includes('linux') ? windowsOptions(spec) : 'spec.affinity.nodeAffinity';
}

function selectorAllows(selector: Readonly<Record<string, string>>, os: System): boolean {
  return Object.entries(selector).every(([key, value]) =>
    expressionAllows({ key, operator: 'In', values: [value] }, os),
  );
}

/** The terms are ORed, what stands in one is ANDed, and a term without anything matches no node (API, NodeSelectorTerm). */
function affinityAllows(affinity: unknown, os: System): boolean {
  const required = fieldsOf(fieldsOf(affinity).nodeAffinity).requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined || required === null) return true;
  return listOf(fieldsOf(required).nodeSelectorTerms)
    .map(fieldsOf)
    .some(({ matchExpressions, matchFields }) => {
      const expressions = listOf(matchExpressions);
      // A field is the node's name, which says nothing of its system.
      if (expressions.length === 0 && listOf(matchFields).length === 0) return false;
      return expressions.every((expression) => expressionAllows(fieldsOf(expression), os));
    });
}

/**
 * Whether a node of this system may match. Every kubelet writes its system into both labels, and that of Windows its build;
 * that a label is missing proves nothing, since others make nodes, too. Words are numbers for Gt and Lt, which a system
 * is not.
 */
function expressionAllows({ key, operator, values }: Readonly<Record<string, unknown>>, os: System): boolean {
  if (key === windowsBuild) {
    return os === 'windows' || operator === 'NotIn' || operator === 'DoesNotExist';
  }
  if (key !== nodeOS && key !== betaNodeOS) return true;
  if (operator === 'In') return listOf(values).includes(os);
  if (operator === 'NotIn') return !listOf(values).includes(os);
  return operator !== 'Gt' && operator !== 'Lt';
}

/** `hostProcess: false` is what policies write into every pod. */
function windowsOptions(spec: Pod['spec']): string | undefined {
  const isSet = (holder: unknown): boolean => {
    const options = fieldsOf(fieldsOf(fieldsOf(holder).securityContext).windowsOptions);
    return Object.values(options).some((option) => option !== undefined && option !== null && option !== false);
  };
  if (isSet(spec)) return 'spec.securityContext.windowsOptions';
  for (const list of CONTAINER_LISTS) {
    // What another webhook wrote into our sidecar is set back, and says nothing of the pod.
    const index = (spec[list] ?? []).findIndex((one) => one.name !== SIDECAR.name && isSet(one));
    if (index >= 0) return `spec.${list}[${index}].securityContext.windowsOptions`;
  }
  return undefined;
}
