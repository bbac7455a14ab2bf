/** The annotation's rules, applied to the sidecar's configuration. Pure. */
import type { At, Chain, Step } from '../annotation/chain.ts';
import { baseRoleProblems, chainProblems, clusterProblems } from '../annotation/rules.ts';
import { problem, type Problem } from '../problem.ts';
import type { SidecarConfig, RoleConfig, HopConfig } from './types.ts';

/**
 * The contradictions in a configuration whose fields are in order each. As at admission, what a role itself
 * contradicts comes first, and what stands around it only once the roles are sound.
 */
export function configRuleProblems({ roles, cluster }: SidecarConfig): Problem[] {
  const all = Object.entries(roles).map(([name, role]) => {
    const path = `roles.${name}.`;
    return { path, role, chain: chainOfConfig(path, role) };
  });
  const own = all.flatMap(({ path, role, chain }) => [...chainProblems(chain), ...laterSourceIdentities(path, role)]);
  if (own.length > 0) return own;
  return all.flatMap(({ path, role, chain }) => [
    ...sourceProblems(path, role, chain),
    ...clusterProblems(chain, cluster),
  ]);
}

/** Fields whose name here is another than in the annotation. */
const NAMES: Partial<Record<Parameters<At>[0], string>> = { duration: 'durationSeconds' };

/** A role of the configuration as the rules see it. */
function chainOfConfig(path: string, { hops, source, webIdentity }: RoleConfig): Chain {
  const step = (call: HopConfig, index: number): Step => {
    const place = `${path}hops.${index}.`;
    return { place, at: (field) => place + (NAMES[field] ?? field), call };
  };
  const all = hops.map(step);
  const last = all.at(-1);
  // The schema has been asked before: it wants a hop.
  if (last === undefined) throw new Error('a role without hops');
  const at: At = (field) => {
    if (field === 'via') return `${path}hops`;
    return field === 'sourceIdentity' ? `${path}hops.0.sourceIdentity` : last.at(field);
  };
  return {
    via: all.slice(0, -1),
    target: { ...last, at },
    webIdentity: webIdentity?.mode ?? 'never',
    sourceIdentity: hops[0]?.sourceIdentity,
    // Mostly the target's, of which one problem is enough.
    regions:
      source && 'stsRegion' in source && source.stsRegion !== last.call.stsRegion
        ? [[`${path}source.stsRegion`, source.stsRegion]]
        : [],
    fromAgent: source?.type === 'auto' || source?.type === 'pod-identity',
  };
}

function sourceProblems(path: string, { source }: RoleConfig, chain: Chain): Problem[] {
  if (!source || !('roleARN' in source) || source.roleARN === undefined) return [];
  const ofOther = source.type === 'irsa' && source.token.type === 'token-request';
  return baseRoleProblems(chain, { arn: source.roleARN, path: `${path}source.roleARN`, ofOther });
}

/** A source identity is set once; in the annotation no hop of `via` has the field. */
function laterSourceIdentities(path: string, { hops }: RoleConfig): Problem[] {
  return hops.flatMap(({ sourceIdentity }, index) =>
    index === 0 || sourceIdentity === undefined
      ? []
      : problem(
          'FieldConflict',
          `${path}hops.${index}.sourceIdentity`,
          'stands on a later call, but a chain sends it with its first alone',
          'write it on the first hop',
        ),
  );
}
