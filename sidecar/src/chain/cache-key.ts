/**
 * The key of an intermediate session: one function of everything that goes into its call, and into the
 * calls before it. Two roles share a session when, and only when, STS would be asked for the same.
 */
import { createHash } from 'node:crypto';
import type { AssumeRoleCall, IdentityPlan } from '../model/plan.ts';

/** The key of a base identity. Pure. */
export function baseKey(source: IdentityPlan, endpoint: string | undefined): string {
  return digest([source, endpoint ?? null]);
}

/**
 * The key of a hop behind what has the key `before`, called at `endpoint`. A digest: an external ID
 * that comes from a Secret is part of it. Pure.
 */
export function hopKey(before: string, hop: AssumeRoleCall, endpoint: string | undefined): string {
  const { tags = {}, transitiveTagKeys = [], policyARNs = [] } = hop;
  // The type asks for each member of a call: one that is added later can't be forgotten here.
  const sent: Record<keyof AssumeRoleCall, unknown> = {
    roleARN: hop.roleARN,
    externalID: hop.externalID ?? null,
    sessionName: hop.sessionName,
    durationSeconds: hop.durationSeconds,
    stsRegion: hop.stsRegion,
    // STS takes these as sets.
    tags: Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)),
    transitiveTagKeys: [...transitiveTagKeys].sort(),
    policy: hop.policy ?? null,
    policyARNs: [...policyARNs].sort(),
    sourceIdentity: hop.sourceIdentity ?? null,
  };
  return digest([before, sent, endpoint ?? null]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
