/**
 * The AWS side of the stage: doubles of STS and of the Pod Identity agent, with a base role for every
 * ServiceAccount and the target roles trusting it. They check signatures, trust policies and limits.
 */
import { parseRoleARN, type RoleSpec } from '@rolechain/shared';
import { startAgent, type AgentDouble } from '../doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole, trustServiceAccount } from '../doubles/fixtures.ts';
import type { VerifyingKey } from '../doubles/jwt.ts';
import { startSts, type StsDouble } from '../doubles/sts.ts';

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
  /** Instead of the lifetime asked for, so that a refresh can be seen. */
  readonly sessionSeconds?: number;
}

/** Starts both doubles on loopback. */
export async function startAws({ accounts, issuer = '', keys, sessionSeconds }: AwsOptions): Promise<Aws> {
  const targets = accounts.flatMap(({ roles }) => roles);
  const permissions = mayAssume(...targets.map(({ roleARN }) => roleARN));
  const bases = new Map([[BASE_ROLE, { arn: BASE_ROLE, trust: trustPodIdentity(), permissions }]]);
  for (const { namespace, name, irsaRoleARN } of accounts) {
    if (irsaRoleARN === undefined) continue;
    bases.set(irsaRoleARN, {
      arn: irsaRoleARN,
      trust: trustServiceAccount(irsaRoleARN, issuer, namespace, name),
      permissions,
    });
  }
  const sts = await startSts({
    region: REGION,
    roles: [
      ...bases.values(),
      ...accounts.flatMap((account) => account.roles.map((role) => targetRole(role, account))),
    ],
    ...(keys ? { oidc: [{ issuer, audience: 'sts.amazonaws.com', publicKey: keys }] } : {}),
    ...(sessionSeconds === undefined ? {} : { sessionSeconds }),
  });
  const associations = accounts
    .filter(({ associated = true }) => associated)
    .map(({ namespace, name }) => ({ namespace, serviceAccount: name, roleArn: BASE_ROLE }));
  const agent = await startAgent({ sts, associations, clusterName: 'stage', ...(keys ? { keys } : {}) });
  return {
    sts,
    agent,
    close: async () => {
      await Promise.all([sts.close(), agent.close()]);
    },
  };
}

function targetRole(
  { roleARN, externalID }: RoleSpec,
  { irsaRoleARN }: Account,
): { arn: string; trust: ReturnType<typeof trustRole> } {
  if (!parseRoleARN(roleARN)) throw new Error(`${roleARN} is no role ARN`);
  const options = externalID === undefined ? {} : { externalId: externalID };
  const trusts = [BASE_ROLE, ...(irsaRoleARN === undefined ? [] : [irsaRoleARN])].map((base) =>
    trustRole(base, options),
  );
  return { arn: roleARN, trust: { Statement: trusts.flatMap(({ Statement }) => Statement) } };
}
