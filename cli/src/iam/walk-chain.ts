/**
 * Walks a role's chain here, by the sidecar's own code, from whatever identity the environment has. Nothing of a cluster is asked:
 * what a pod would be given comes from options.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { CodedError, EKS, ENV, LIMITS, PATHS, PORTS, type RoleSpec } from '@rolechain/shared';
import {
  makeAwsClock,
  makeChains,
  plan,
  readProxyEnv,
  systemClock,
  type Agent,
  type Credentials,
} from '@rolechain/sidecar';
import { parseSettings, sidecarConfig, type ServiceAccount } from '@rolechain/webhook';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ProcessCredentials } from '../report-schemas/credential-process.ts';

export interface Walk {
  /** All roles of the document. */
  readonly roles: readonly RoleSpec[];
  readonly role: string;
  readonly account: ServiceAccount;
  /** Stands for the pod's name in session names. */
  readonly podName: string;
  readonly region: string;
  readonly cluster: string | undefined;
  /** Folder of external IDs: one folder for each Secret, one file for each key. */
  readonly externalIDs: string | undefined;
  /** The base identity's profile; else what the SDK finds. */
  readonly profile: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Set for what the command starts: a profile whose credential_process is this command must not be its own base. */
export const WALKING = 'ROLECHAIN_CREDENTIAL_PROCESS';

/** Rejects with the codes of a chain, or BaseIdentityMissing. */
export async function walkChain(walk: Walk): Promise<ProcessCredentials> {
  const { role, env, podName } = walk;
  const planned = plan(configOf(walk), { podName, podIdentityLabel: '' }).find(({ name }) => name === role);
  if (planned === undefined) {
    const names = walk.roles.map(({ name }) => name).join(', ');
    throw new CodedError('UsageInvalid', `The chain declares no role ${role}.`, { fix: `Name one of: ${names}.` });
  }
  const clock = makeAwsClock(systemClock);
  const fetchOf = makeChains({
    endpoint: env.AWS_ENDPOINT_URL_STS ?? env.AWS_ENDPOINT_URL,
    useFIPSEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env[ENV.useDualstackEndpoint] === 'true',
    proxyEnv: readProxyEnv(env),
    agent: baseIdentity(walk),
    token: {
      projected: env[ENV.webIdentityTokenFile] ?? join(PATHS.baseIdentity, PATHS.irsaToken),
      apiserver: undefined,
      folder: PATHS.apiAccess,
      self: { namespace: walk.account.namespace, serviceAccount: walk.account.name },
    },
    environmentFolder: PATHS.environment,
    externalIDFolder: walk.externalIDs ?? PATHS.externalIDs,
    clock,
    hasEnded: (expiresAt) => clock.known() && expiresAt <= clock.now(),
    uptime: clock.uptime,
  });
  // Wherever a pod's chain starts, this one starts from the environment.
  const session = await fetchOf(
    planned.source === undefined ? planned : { ...planned, source: { type: 'pod-identity' } },
  )();
  return {
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: new Date(Math.floor(session.expiresAt / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    ...(planned.accountID === undefined ? {} : { AccountId: planned.accountID }),
  };
}

/** As the webhook would write it for a pod of this ServiceAccount. */
function configOf({ roles, account, region, cluster }: Walk): Parameters<typeof plan>[0] {
  const settings = parseSettings(stringify({ sidecarImage: 'registry.example/rolechain/sidecar', cluster }));
  if (!settings.ok) throw new CodedError('UsageInvalid', '--cluster is not the name of a cluster.');
  const { credentials, health } = PORTS;
  return sidecarConfig(roles, account, { ...settings.value, region, eks: EKS }, new Map(), { credentials, health });
}

/** Keys, profiles, SSO, web identity and metadata, as the SDK finds them. It stands where the chain asks the agent. */
function baseIdentity({ profile, env }: Pick<Walk, 'profile' | 'env'>): Agent {
  if (env[WALKING] !== undefined) {
    throw new CodedError(
      'BaseIdentityMissing',
      `Profile ${env[ENV.profile] ?? 'default'} is the one that runs this command.`,
      {
        fix: 'Name the profile of the base identity: --profile NAME.',
      },
    );
  }
  // Of a credential_process that the SDK starts.
  process.env[WALKING] = '1';
  const provide = defaultProvider({ ...(profile === undefined ? {} : { profile }), maxRetries: 0 });
  return { fetch: async () => asCredentials(await provide().catch(failed)), everAnswered: () => true };

  function failed(reason: unknown): never {
    // Its message may quote a command of the profile and what that printed.
    const name = reason instanceof Error && /^\w{1,64}$/.test(reason.name) ? reason.name : 'unknown error';
    const of = profile === undefined ? '' : ` of profile ${profile.slice(0, LIMITS.wordBytes)}`;
    throw new CodedError('BaseIdentityMissing', `The SDK's chain${of} ended with ${name}.`);
  }
}

type Provided = Awaited<ReturnType<ReturnType<typeof defaultProvider>>>;

function asCredentials({ accessKeyId, secretAccessKey, sessionToken, expiration }: Provided): Credentials {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiresAt: expiration.getTime() }),
  };
}
