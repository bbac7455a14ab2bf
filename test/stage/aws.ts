/**
 * The AWS side of the stage: doubles of STS and of the Pod Identity agent, with a base role for every
 * ServiceAccount and the target roles trusting it. They check signatures, trust policies and limits.
 */
import { parseRoleARN, type RoleSpec } from '@rolechain/shared';
import { startAgent, type AgentDouble } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole, trustServiceAccount } from '@rolechain/doubles/fixtures.ts';
import type { VerifyingKey } from '@rolechain/doubles/jwt.ts';
import type { RoleFixture } from '@rolechain/doubles/iam.ts';
import { startSts, type StsDouble } from '@rolechain/doubles/sts.ts';

/** The role behind the Pod Identity association of every account on the stage. */
export const BASE_ROLE = 'arn:aws:iam::111111111111:role/base';
export const REGION = 'eu-central-1';

export interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly roles: readonly RoleSpec[];
  /** Its `eks.amazonaws.com/role-arn`. */
  readonly irsaRoleARN?: string | undefined;
  /** Whether it has a Pod Identity association; default true. */
  readonly associated?: boolean;
}

export interface Aws {
  readonly sts: StsDouble;
  readonly agent: AgentDouble;
  readonly close: () => Promise<void>;
}

export interface AwsOptions {
  readonly accounts: readonly Account[];
  /** The cluster's token issuer: tokens are verified with its keys. */
  readonly issuer?: string;
  readonly keys?: readonly VerifyingKey[];
  /** Values of Secrets that `externalIDFrom` names, by Secret and key. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Further roles that may begin a chain. */
  readonly bases?: readonly string[];
  /** Signatures for any Region, where the rows of a test have several. */
  readonly anyRegion?: boolean;
  /** Instead of the lifetime asked for, so that a refresh can be seen. */
  readonly sessionSeconds?: number;
  /** Where both listen; default 127.0.0.1. */
  readonly address?: string;
}

/** Starts both doubles. */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const { accounts, issuer = '', keys, sessionSeconds } = options;
  const at = options.address === undefined ? {} : { address: options.address };
  const roles = new Map<string, RoleFixture>();
  // One role may be in several chains: it then trusts anyone who comes before it in any of them.
  const add = ({ arn, trust }: Pick<RoleFixture, 'arn' | 'trust'>): void => {
    const Statement = [...(roles.get(arn)?.trust.Statement ?? []), ...trust.Statement];
    roles.set(arn, { arn, trust: { Statement }, permissions: mayAssume('*'), maxSessionDuration: 43_200 });
  };
  add({ arn: BASE_ROLE, trust: trustPodIdentity() });
  for (const account of accounts) {
    const { namespace, name, irsaRoleARN } = account;
    if (irsaRoleARN !== undefined) {
      add({ arn: irsaRoleARN, trust: trustServiceAccount(irsaRoleARN, issuer, namespace, name) });
    }
    for (const role of account.roles) chainOf(role, account, options).forEach(add);
  }
  const sts = await startSts({
    ...(options.anyRegion ? {} : { region: REGION }),
    roles: [...roles.values()],
    ...(keys ? { oidc: [{ issuer, audience: 'sts.amazonaws.com', publicKey: keys }] } : {}),
    ...(sessionSeconds === undefined ? {} : { sessionSeconds }),
    ...at,
  });
  const associations = accounts
    .filter(({ associated = true }) => associated)
    .map(({ namespace, name }) => ({ namespace, serviceAccount: name, roleArn: BASE_ROLE }));
  const agent = await startAgent({ sts, associations, clusterName: 'stage', ...(keys ? { keys } : {}), ...at });
  return {
    sts,
    agent,
    close: async () => {
      await Promise.all([sts.close(), agent.close()]);
    },
  };
}

/** The roles of a chain, each trusting the one before it, with the ExternalId that the document names. */
function chainOf(
  role: RoleSpec,
  account: Account,
  { issuer = '', secrets = {}, bases = [] }: AwsOptions,
): Pick<RoleFixture, 'arn' | 'trust'>[] {
  const { namespace, name, irsaRoleARN } = account;
  let before = [BASE_ROLE, ...(irsaRoleARN === undefined ? [] : [irsaRoleARN]), ...bases];
  const chain = [...role.via, role].map(({ roleARN, externalID, externalIDFrom }) => {
    if (!parseRoleARN(roleARN)) throw new Error(`${roleARN} is no role ARN`);
    const { name: secret = '', key = '' } = externalIDFrom?.secretKeyRef ?? {};
    const externalId = externalID ?? secrets[secret]?.[key];
    const options = { setSourceIdentity: true, ...(externalId === undefined ? {} : { externalId }) };
    const trust = { Statement: before.flatMap((principal) => trustRole(principal, options).Statement) };
    before = [roleARN];
    return { arn: roleARN, trust };
  });
  const web =
    role.webIdentity === 'never'
      ? []
      : [{ arn: role.roleARN, trust: trustServiceAccount(role.roleARN, issuer, namespace, name) }];
  return [...chain, ...web];
}
