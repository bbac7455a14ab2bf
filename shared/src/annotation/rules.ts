/** What fields may stand together, and what is legal and unwise. Pure. */
import { parseRoleARN } from '../arn.ts';
import { FOREIGN_TAG_KEYS } from '../eks.ts';
import { LIMITS } from '../limits.ts';
import { isKnownPartition, partitionOf } from '../partition.ts';
import { problem, show, type Problem } from '../problem.ts';
import type { HopSpec, RoleSpec } from './assume-role.ts';

/** One step of a chain, with its place in the document. */
interface Step {
  readonly path: string;
  readonly hop: HopSpec;
}

/** The hops of a role in the order in which they are called; the target is the last. */
function steps(path: string, role: RoleSpec): Step[] {
  return [...role.via.map((hop, index) => ({ path: `${path}via.${index}.`, hop })), { path, hop: role }];
}

/** Every contradiction in a role. `path` is its place: empty, or `roles.<name>.` */
export function roleProblems(path: string, role: RoleSpec): Problem[] {
  const chain = steps(path, role);
  return [
    ...chain.flatMap((step) => hopProblems(step, role.webIdentity === 'only' && step.hop === role)),
    ...webIdentityProblems(path, role),
    ...serviceAccountProblems(path, role),
    ...inheritedTagProblems(chain, role),
    ...partitionProblems(path, chain, role),
  ];
}

function conflict(path: string, field: string, text: string, fix: string): Problem {
  return problem('FieldConflict', path + field, text, fix);
}

function hopProblems({ path, hop }: Step, alone: boolean): Problem[] {
  const found: Problem[] = [];
  if (hop.externalID !== undefined && hop.externalIDFrom !== undefined) {
    found.push(conflict(path, 'externalIDFrom', 'stands beside externalID', 'leave one of them out'));
  }
  const { durationMaxChainedSeconds: max } = LIMITS;
  if (!alone && hop.durationSeconds > max) {
    found.push(
      problem(
        'FieldOutOfRange',
        `${path}duration`,
        `is ${hop.durationSeconds} s, but takes at most ${max} s, the limit of a chained session`,
      ),
    );
  }
  const policyChars = (hop.policy?.length ?? 0) + hop.policyARNs.join('').length;
  if (policyChars > LIMITS.policyChars) {
    found.push(
      problem(
        'FieldOutOfRange',
        `${path}policy`,
        `and policyARNs have ${policyChars} characters, but take ${LIMITS.policyChars} together`,
      ),
    );
  }
  const keys = Object.keys(hop.tags);
  for (const key of repeated(keys)) {
    found.push(
      conflict(
        path,
        'tags',
        `has ${show(key)} twice: STS does not tell capitals from small letters`,
        'leave one of them out',
      ),
    );
  }
  for (const key of hop.transitiveTagKeys.filter((k) => !keys.includes(k))) {
    found.push(
      conflict(
        path,
        'transitiveTagKeys',
        `names ${show(key)}, which is no key of tags`,
        'add it to tags, or leave it out',
      ),
    );
  }
  return found;
}

/** AssumeRoleWithWebIdentity has no ExternalId, tags or source identity (STS API reference). */
function webIdentityProblems(path: string, role: RoleSpec): Problem[] {
  if (role.webIdentity === 'never') return [];
  const given: [string, boolean][] = [
    ['tags', Object.keys(role.tags).length > 0],
    ['transitiveTagKeys', role.transitiveTagKeys.length > 0],
    ['sourceIdentity', role.sourceIdentity !== undefined],
  ];
  if (role.webIdentity === 'only') {
    given.push(['externalID', role.externalID !== undefined], ['externalIDFrom', role.externalIDFrom !== undefined]);
    given.push(['via', role.via.length > 0]);
  }
  return given
    .filter(([, is]) => is)
    .map(([field]) =>
      conflict(
        path,
        field,
        `contradicts webIdentity: ${role.webIdentity}, which can't send it`,
        'leave one of them out',
      ),
    );
}

function serviceAccountProblems(path: string, { serviceAccount, credentialSource }: RoleSpec): Problem[] {
  if (!serviceAccount || credentialSource === 'auto' || credentialSource === 'irsa') return [];
  return [
    conflict(
      path,
      'serviceAccount',
      `contradicts credentialSource: ${credentialSource}`,
      'it goes with irsa alone: leave one of them out',
    ),
  ];
}

/**
 * A session tag can't replace an inherited transitive one (IAM User Guide, Pass session tags). EKS's agent
 * marks six of its own as transitive.
 */
function inheritedTagProblems(chain: readonly Step[], { credentialSource, serviceAccount }: RoleSpec): Problem[] {
  const fromAgent =
    credentialSource === 'pod-identity' || (credentialSource === 'auto' && serviceAccount === undefined);
  const inherited = new Map<string, string>(
    fromAgent ? FOREIGN_TAG_KEYS.map((key) => [key.toLowerCase(), 'the Pod Identity agent']) : [],
  );
  const found: Problem[] = [];
  for (const { path, hop } of chain) {
    for (const key of Object.keys(hop.tags)) {
      const from = inherited.get(key.toLowerCase());
      if (from !== undefined) {
        found.push(
          conflict(
            path,
            'tags',
            `sets ${show(key)}, which ${from} passes on and nobody can replace`,
            'choose another key',
          ),
        );
      }
    }
    for (const key of hop.transitiveTagKeys) inherited.set(key.toLowerCase(), path.slice(0, -1));
  }
  return found;
}

/**
 * No STS endpoint takes a role of another partition, and no role is assumed across partitions (IAM User Guide,
 * Amazon Resource Names: partition). A Region that the containers get is theirs to use with these credentials.
 */
function partitionProblems(path: string, chain: readonly Step[], role: RoleSpec): Problem[] {
  const target = parseRoleARN(role.roleARN)?.partition;
  return chain.flatMap(({ path: at, hop }) => {
    const own = parseRoleARN(hop.roleARN)?.partition;
    const found: Problem[] = [];
    if (own !== undefined && target !== undefined && own !== target) {
      const text = `is of the partition ${own}, but the target is of ${target}: no chain crosses partitions`;
      found.push(conflict(at, 'roleARN', text, 'use roles of one partition'));
    }
    const regions = [['stsRegion', hop.stsRegion] as const, ...(at === path ? [['region', role.region] as const] : [])];
    const partition = own ?? target;
    for (const [field, region] of regions) {
      if (region === undefined || partition === undefined || !isKnownPartition(partition)) continue;
      const there = partitionOf(region);
      if (there === partition) continue;
      const text = `is ${region}, a Region of the partition ${there}, but the role is of ${partition}`;
      found.push(conflict(at, field, text, 'correct the Region or the role ARN'));
    }
    return found;
  });
}

function repeated(keys: readonly string[]): string[] {
  const lower = keys.map((key) => key.toLowerCase());
  return keys.filter((_key, index) => lower.indexOf(lower[index] ?? '') < index);
}

/** What is legal and unwise. */
export function roleWarnings(path: string, role: RoleSpec): string[] {
  return steps(path, role).flatMap(({ path: at, hop }) =>
    hop.durationSeconds >= LIMITS.durationUnwiseSeconds || hop !== role
      ? []
      : [
          `${at}duration: ${hop.durationSeconds} s is short: SDKs that refresh 15 minutes ahead will ask again and again; 30m or more is better`,
        ],
  );
}
