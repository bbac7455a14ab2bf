/** What tests of policies share: ServiceAccounts, and a walk of their chains through the double of STS. */
import { sessionName, type SidecarConfig } from '@rolechain/shared';
import { decideServiceAccount, type ServiceAccount } from '@rolechain/webhook';
import {
  decideAssumeRole,
  decideWebIdentity,
  trustsService,
  type Caller,
  type Tags,
} from '@rolechain/doubles/trust.ts';
import type { Permission, RoleFixture, TrustPolicy } from '@rolechain/doubles/iam.ts';
import { knownSettings } from '../../documents/webhook-settings.ts';
import { pathsOf, type BaseFacts, type Path } from '../chain.ts';
import { fillIn, isUnknown, type Unknown, type Value } from '../document.ts';
import { policiesOf, type RolePolicies } from '../policies.ts';

export const BASE = 'arn:aws:iam::111111111111:role/team/base';
export const TARGET = 'arn:aws:iam::222222222222:role/orders';
export const HOP = 'arn:aws:iam::333333333333:role/hub';
export const CLUSTER = 'arn:aws:eks:eu-central-1:111111111111:cluster/prod';
export const ISSUER = 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE';
export const SECRET = 'from-a-secret';
export const POD = 'orders-7d4b9c-x2x7p';

export interface Given {
  readonly annotation: string | object;
  readonly baseRole?: string;
  readonly facts?: Partial<BaseFacts>;
  readonly settings?: string;
  readonly others?: readonly ServiceAccount[];
}

export interface Made {
  readonly config: SidecarConfig;
  readonly paths: readonly Path[];
  readonly policies: readonly RolePolicies[];
}

/** The ServiceAccount shop/orders, its paths and its policies. */
export function make({ annotation, baseRole, facts, settings, others = [] }: Given): Made {
  const text = typeof annotation === 'string' ? annotation : JSON.stringify(annotation);
  const account: ServiceAccount = {
    namespace: 'shop',
    name: 'orders',
    annotations: {
      'rolechain.io/assume-role': text,
      ...(baseRole === undefined ? {} : { 'eks.amazonaws.com/role-arn': baseRole }),
    },
  };
  const byName = new Map(others.map((other) => [`${other.namespace}/${other.name}`, other]));
  const judged = decideServiceAccount(
    account,
    knownSettings(settings === undefined ? undefined : { text: settings, from: 'a test' }, {
      option: undefined,
      env: {},
    }).value,
    { others: byName, allowedRoles: undefined },
  );
  if (judged?.outcome !== 'accepted') throw new Error(judged?.message ?? 'no role');
  const base: BaseFacts = {
    baseARN: BASE,
    hasAssociation: false,
    clusterARN: CLUSTER,
    issuer: ISSUER,
    audience: 'sts.amazonaws.com',
    ...facts,
  };
  const paths = pathsOf(judged.config, base);
  return { config: judged.config, paths, policies: policiesOf(paths) };
}

const plain = (value: Value): string => (isUnknown(value) ? write(value) : value);
const write = (unknown: Unknown): string => (unknown.secret ? SECRET : `<${unknown.name}>`);

/** The policies as the double has them. */
export function fixturesOf(policies: readonly RolePolicies[]): Map<string, RoleFixture> {
  return new Map(
    policies.map(({ roleARN, trust, permissions }) => {
      const arn = plain(roleARN);
      const trusted = trust ? (fillIn(trust, write) as unknown as TrustPolicy) : { Statement: [] };
      const may = permissions ? (fillIn(permissions, write).Statement as unknown as Permission[]) : [];
      return [arn, { arn, trust: trusted, permissions: may }];
    }),
  );
}

/** What somebody writes into a call that is not rolechain's. */
export interface Forged {
  /** Of the pod whose token it is. */
  readonly eks?: Tags;
  readonly subject?: string;
  readonly audience?: string;
  readonly sessionName?: string;
  readonly externalID?: string;
  readonly sourceIdentity?: string;
  readonly tags?: Tags;
  /** Which call of the path, counted from 0; else every one. */
  readonly at?: number;
}

export const EKS_TAGS: Tags = {
  'eks-cluster-arn': CLUSTER,
  'eks-cluster-name': 'prod',
  'kubernetes-namespace': 'shop',
  'kubernetes-service-account': 'orders',
  'kubernetes-pod-name': POD,
  'kubernetes-pod-uid': '0b9e',
};

/** `ok`, or which call the double refuses. */
export function walk(made: Made, path: Path, roles: ReadonlyMap<string, RoleFixture>, forged: Forged = {}): string {
  const { namespace, serviceAccount, cluster = '', roles: configured } = made.config;
  const hops = configured[path.role]?.hops ?? [];
  const values = { namespace, serviceAccount, cluster, pod: POD };
  let caller: Caller | undefined;
  let hop = path.base === 'web-identity' ? hops.length - 1 : 0;
  for (const [at, call] of path.calls.entries()) {
    const lies = forged.at === undefined || forged.at === at ? forged : {};
    const arn = plain(call.roleARN);
    const role = roles.get(arn);
    const name = lies.sessionName ?? sessionName(hops[hop]?.sessionName ?? '', values);
    const session = {
      arn: `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${name}`,
      roleArn: arn,
    };
    const permissions = role?.permissions ?? [];
    const refused = `${at}: ${call.part}`;
    if (call.caller.type === 'eks-auth') {
      const tags = { ...EKS_TAGS, ...forged.eks };
      if (!trustsService(role, 'pods.eks.amazonaws.com', { ...tags, ...lies.tags })) return refused;
      caller = { ...session, permissions, tags, transitiveTagKeys: Object.keys(tags) };
      continue;
    }
    if (call.caller.type === 'web-identity') {
      const { issuer, subject, audience } = call.caller;
      const token = {
        issuer: plain(issuer),
        subject: forged.subject ?? subject,
        audience: forged.audience ?? audience,
      };
      if (!decideWebIdentity(role, token, name).allowed) return refused;
      caller = { ...session, permissions, tags: forged.eks ?? {}, transitiveTagKeys: Object.keys(forged.eks ?? {}) };
      continue;
    }
    const by: Caller = caller ?? environmentCaller(plain(call.caller.arn), roles);
    const externalId = lies.externalID ?? (call.externalID === undefined ? undefined : plain(call.externalID));
    const sourceIdentity = lies.sourceIdentity ?? hops[hop]?.sourceIdentity;
    const decision = decideAssumeRole(role, by, {
      sessionName: name,
      tags: { ...call.tags, ...lies.tags },
      transitiveTagKeys: call.transitiveTagKeys,
      ...(externalId === undefined ? {} : { externalId }),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    });
    if (!decision.allowed) return refused;
    caller = { ...session, permissions, ...decision.carried };
    hop += 1;
  }
  return 'ok';
}

function environmentCaller(arn: string, roles: ReadonlyMap<string, RoleFixture>): Caller {
  return { arn, roleArn: arn, permissions: roles.get(arn)?.permissions ?? [], tags: {}, transitiveTagKeys: [] };
}
