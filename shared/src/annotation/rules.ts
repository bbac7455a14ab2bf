/**
 * What may stand together in a chain. Pure. Admission applies these rules to the annotation, and both admission
 * and the sidecar's start to the sidecar's configuration.
 */
import { parseRoleARN, roleARNFault } from '../arn.ts';
import { FOREIGN_TAG_KEYS } from '../eks.ts';
import { LIMITS } from '../limits.ts';
import { isKnownPartition, partitionOf } from '../partition.ts';
import { problem, show, type Problem } from '../problem.ts';
import { placeholdersOf } from '../session-name.ts';
import type { RoleSpec } from './types.ts';
import { steps, type At, type Chain, type Step } from './chain.ts';

/** Every contradiction in a chain. */
export function chainProblems(chain: Chain): Problem[] {
  return [
    ...steps(chain).flatMap((step) => callProblems(step, chain.webIdentity === 'only' && step === chain.target)),
    ...webIdentityProblems(chain),
    ...inheritedTagProblems(chain),
    ...partitionProblems(chain),
  ];
}

/** What the annotation alone can say, and its document alone contradict. */
export function serviceAccountProblems(path: string, { serviceAccount, credentialSource }: RoleSpec): Problem[] {
  if (!serviceAccount || credentialSource === 'auto' || credentialSource === 'irsa') return [];
  return [
    conflict(
      `${path}serviceAccount`,
      `contradicts credentialSource: ${credentialSource}`,
      'it goes with irsa alone: leave one of them out',
    ),
  ];
}

function conflict(path: string, text: string, fix: string): Problem {
  return problem('FieldConflict', path, text, fix);
}

function callProblems({ at, call }: Step, alone: boolean): Problem[] {
  const { tags = {}, transitiveTagKeys = [], policy = '', policyARNs = [] } = call;
  const found: Problem[] = [];
  if (call.externalID !== undefined && call.externalIDFrom !== undefined) {
    found.push(conflict(at('externalIDFrom'), 'stands beside externalID', 'leave one of them out'));
  }
  const { durationMaxChainedSeconds: max } = LIMITS;
  if (!alone && call.durationSeconds > max) {
    const text = `is ${call.durationSeconds} s, but takes at most ${max} s, the limit of a chained session`;
    found.push(problem('FieldOutOfRange', at('duration'), text));
  }
  const policyChars = policy.length + policyARNs.join('').length;
  if (policyChars > LIMITS.policyChars) {
    const text = `and policyARNs have ${policyChars} characters, but take ${LIMITS.policyChars} together`;
    found.push(problem('FieldOutOfRange', at('policy'), text));
  }
  const keys = Object.keys(tags);
  for (const key of repeated(keys)) {
    const text = `has ${show(key)} twice: STS tag keys are case-insensitive`;
    found.push(conflict(at('tags'), text, 'leave one of them out'));
  }
  for (const key of transitiveTagKeys.filter((k) => !keys.includes(k))) {
    const text = `names ${show(key)}, which is not a key of tags`;
    found.push(conflict(at('transitiveTagKeys'), text, 'add it to tags, or leave it out'));
  }
  return found;
}

type RoleField = Parameters<At>[0];

/**
 * Whether a field may stand beside webIdentity. AssumeRoleWithWebIdentity has no ExternalId, tags or source identity (STS
 * API reference). `chain`: where it is preferred, the calls of the chain that it falls back to take the field.
 */
const BESIDE_WEB_IDENTITY: Readonly<Record<RoleField, 'always' | 'chain' | 'never'>> = {
  tags: 'never',
  transitiveTagKeys: 'never',
  sourceIdentity: 'never',
  externalID: 'chain',
  externalIDFrom: 'chain',
  via: 'chain',
  roleARN: 'always',
  sessionName: 'always',
  duration: 'always',
  region: 'always',
  stsRegion: 'always',
  policy: 'always',
  policyARNs: 'always',
  credentialSource: 'always',
  serviceAccount: 'always',
  webIdentity: 'always',
  startup: 'always',
};

function webIdentityProblems({ webIdentity, sourceIdentity, via, target: { at, call } }: Chain): Problem[] {
  if (webIdentity === 'never') return [];
  const given: Partial<Record<RoleField, unknown>> = { ...call, sourceIdentity, via };
  const refused = (Object.keys(BESIDE_WEB_IDENTITY) as RoleField[]).filter((field) => {
    const beside = BESIDE_WEB_IDENTITY[field];
    return (beside === 'never' || (beside === 'chain' && webIdentity === 'only')) && !isEmpty(given[field]);
  });
  const text = `contradicts webIdentity: ${webIdentity}, which can't send it`;
  return refused.map((field) => conflict(at(field), text, 'leave one of them out'));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : value === undefined;
}

/**
 * A session tag can't replace an inherited transitive one (IAM User Guide, Pass session tags). EKS's agent
 * marks six of its own as transitive.
 */
function inheritedTagProblems(chain: Chain): Problem[] {
  const inherited = new Map<string, string>(
    chain.fromAgent ? FOREIGN_TAG_KEYS.map((key) => [key.toLowerCase(), 'the Pod Identity agent']) : [],
  );
  const found: Problem[] = [];
  for (const { place, at, call } of steps(chain)) {
    for (const key of Object.keys(call.tags ?? {})) {
      const from = inherited.get(key.toLowerCase());
      if (from === undefined) continue;
      const text = `sets ${show(key)}, which ${from} passes on and nobody can replace`;
      found.push(conflict(at('tags'), text, 'choose another key'));
    }
    for (const key of call.transitiveTagKeys ?? []) inherited.set(key.toLowerCase(), place.slice(0, -1));
  }
  return found;
}

/**
 * No STS endpoint takes a role of another partition, and no role is assumed across partitions (IAM User Guide,
 * Amazon Resource Names: partition). A Region that the containers get is theirs to use with these credentials.
 */
function partitionProblems(chain: Chain): Problem[] {
  const target = parseRoleARN(chain.target.call.roleARN)?.partition;
  return steps(chain).flatMap((step) => {
    const { at, call } = step;
    const own = parseRoleARN(call.roleARN)?.partition;
    const found: Problem[] = [];
    if (own !== undefined && target !== undefined && own !== target) {
      const text = `is of the partition ${own}, but the target is of ${target}: no chain crosses partitions`;
      found.push(conflict(at('roleARN'), text, 'use roles of one partition'));
    }
    const partition = own ?? target;
    if (partition === undefined || !isKnownPartition(partition)) return found;
    const regions = call.stsRegion === undefined ? [] : [[at('stsRegion'), call.stsRegion] as const];
    for (const [path, region] of step === chain.target ? [...regions, ...chain.regions] : regions) {
      const there = partitionOf(region);
      if (there === partition) continue;
      const text = `is ${region}, a Region of the partition ${there}, but the role is of ${partition}`;
      found.push(conflict(path, text, 'correct the Region or the role ARN'));
    }
    return found;
  });
}

/** A session name and a tag can't hold what the cluster's admin has not set. */
export function clusterProblems(chain: Chain, cluster: string | undefined): Problem[] {
  if (cluster !== undefined) return [];
  const missing = (path: string): Problem =>
    conflict(
      path,
      "names {cluster}, but the webhook's setting cluster is empty",
      'leave {cluster} out, or ask the admin to set it',
    );
  return steps(chain).flatMap(({ at, call }) => [
    ...(placeholdersOf(call.sessionName).includes('cluster') ? [missing(at('sessionName'))] : []),
    ...Object.entries(call.tags ?? {})
      .filter(([, value]) => value.includes('{cluster}'))
      .map(([key]) => missing(`${at('tags')}.${key}`)),
  ]);
}

/** The role of a web identity that a chain starts from, `eks.amazonaws.com/role-arn`. */
export interface BaseRole {
  readonly arn: string;
  /** Where it is written. */
  readonly path: string;
  /** Whether it is that of another ServiceAccount. */
  readonly ofOther: boolean;
}

/** Whether the base role is one, and of the target's partition: sessions don't cross partitions. */
export function baseRoleProblems({ target: { at, call } }: Chain, { arn, path, ofOther }: BaseRole): Problem[] {
  const from = parseRoleARN(arn)?.partition;
  if (from === undefined) {
    const fix = ofOther ? 'correct it there' : 'correct it, or set credentialSource: pod-identity';
    const fault = roleARNFault(arn);
    return [problem('FieldOutOfRange', path, `is not an IAM role ARN${fault === undefined ? '' : `: ${fault}`}`, fix)];
  }
  const partition = parseRoleARN(call.roleARN)?.partition;
  if (partition === undefined || from === partition || !isKnownPartition(partition)) return [];
  const text = `is of partition ${partition}, but the base role is of ${from}`;
  return [conflict(at('roleARN'), text, 'choose roles of one partition')];
}

function repeated(keys: readonly string[]): string[] {
  const lower = keys.map((key) => key.toLowerCase());
  return keys.filter((_key, index) => lower.indexOf(lower[index] ?? '') < index);
}

/** What is legal and unwise. */
export function chainWarnings({ target: { at, call } }: Chain): string[] {
  if (call.durationSeconds >= LIMITS.durationUnwiseSeconds) return [];
  return [
    `${at('duration')}: ${call.durationSeconds} s is short: SDKs that refresh 15 minutes ahead will ask again and again; 30m or more is better`,
  ];
}
