/** A pod's surroundings for tests of the sidecar: roles in STS, an association, tokens, and the bundled programs. */
import type { HopConfig, RoleConfig } from '@rolechain/shared';
import { startAgent, type AgentDouble } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole, trustServiceAccount } from '@rolechain/doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startSts, type StsDouble } from '@rolechain/doubles/sts.ts';
import { eventually } from '@rolechain/kit/until.ts';
import {
  bundlePrograms,
  makePodFiles,
  startSidecar,
  type AskOptions,
  type PodFiles,
  type Programs,
  type Reply,
  type RunningSidecar,
  type SidecarOptions,
} from './harness.ts';

export const BASE = 'arn:aws:iam::111111111111:role/base';
export const IRSA = 'arn:aws:iam::111111111111:role/irsa';
export const ORDERS = 'arn:aws:iam::222222222222:role/orders';
export const AUDIT = 'arn:aws:iam::333333333333:role/audit';
export const REGION = 'eu-central-1';
export const EXTERNAL_ID = 'our-external-id';
export const ACCOUNT = { namespace: 'shop', serviceAccount: 'orders' };
export const OUTAGE = { status: 503, code: 'ServiceUnavailable', message: 'Service Unavailable' } as const;
export const ISSUER = 'https://issuer.example';

export function hop(roleARN: string, change: Partial<HopConfig> = {}): HopConfig {
  return { roleARN, sessionName: '{namespace}.{pod}', durationSeconds: 3600, stsRegion: REGION, ...change };
}

/** The role that a sidecar has unless a test says otherwise. */
export const ORDERS_ROLE: RoleConfig = {
  source: { type: 'pod-identity' },
  startup: 'require',
  hops: [hop(ORDERS, { externalID: EXTERNAL_ID })],
};

/** What differs from a sidecar with ORDERS_ROLE as `default`. */
export interface Change {
  readonly roles?: Record<string, Partial<RoleConfig>>;
  readonly env?: Record<string, string>;
  /** Instead of the double's own address. */
  readonly stsEndpoint?: string;
  readonly ports?: SidecarOptions['config']['ports'];
}

/** New for each test; what a test starts is ended after it. */
export interface Bench {
  sts: StsDouble;
  agent: AgentDouble;
  files: PodFiles;
  start(change?: Change): Promise<RunningSidecar>;
}

/** Sets up a bench for the tests of a file. Its members are there once a test runs. */
export function useBench(): Bench {
  const key = makeSigningKey();
  const sidecars: RunningSidecar[] = [];
  let programs: Programs;
  const bench = { start } as Bench;

  function projectedToken(audience: string): string {
    const pod = { name: 'orders-1', uid: 'u-1' };
    return makeServiceAccountToken({ ...ACCOUNT, pod, audience, expiresInSeconds: 3600, key, issuer: ISSUER });
  }

  async function start({
    roles = { default: {} },
    env = {},
    ports,
    stsEndpoint,
  }: Change = {}): Promise<RunningSidecar> {
    const whole = Object.entries(roles).map(([name, role]) => [name, { ...ORDERS_ROLE, ...role }] as const);
    const config = {
      ...ACCOUNT,
      agentEndpoints: [bench.agent.credentialsUrl],
      stsEndpoint: stsEndpoint ?? bench.sts.url,
      roles: Object.fromEntries(whole),
      ...(ports ? { ports } : {}),
    };
    const sidecar = await startSidecar({ programs, files: bench.files, config, env });
    sidecars.push(sidecar);
    return sidecar;
  }

  beforeAll(async () => {
    programs = await bundlePrograms();
  });
  afterAll(() => programs.remove());

  beforeEach(async () => {
    bench.sts = await startSts({
      region: REGION,
      roles: [
        { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS, AUDIT) },
        { arn: IRSA, trust: trustServiceAccount(IRSA, ISSUER, 'shop', 'orders'), permissions: mayAssume(ORDERS) },
        {
          arn: ORDERS,
          trust: { Statement: [BASE, IRSA].flatMap((arn) => trustRole(arn, { externalId: EXTERNAL_ID }).Statement) },
        },
        { arn: AUDIT, trust: trustRole(BASE) },
      ],
      oidc: [{ issuer: ISSUER, audience: 'sts.amazonaws.com', publicKey: key.publicKey }],
    });
    const associations = [{ ...ACCOUNT, roleArn: BASE }];
    bench.agent = await startAgent({ sts: bench.sts, associations, keys: [key.publicKey] });
    bench.files = makePodFiles();
    bench.files.writeToken('podIdentityToken', projectedToken('pods.eks.amazonaws.com'));
    bench.files.writeToken('irsaToken', projectedToken('sts.amazonaws.com'));
  });

  afterEach(async () => {
    await Promise.all(sidecars.splice(0).map((sidecar) => sidecar.stop()));
    await Promise.all([bench.agent.close(), bench.sts.close()]);
    bench.files.remove();
  });
  return bench;
}

/** The first answer, whatever it is: without credentials yet, after the time that a request is held. */
export function listens(sidecar: RunningSidecar): Promise<Reply> {
  return eventually('it listens', () => sidecar.ask());
}

/** The first answer that is more than "not yet": a fetch may take longer than a request is held, and the token be one of before. */
export function firstAnswer(sidecar: RunningSidecar): Promise<Reply> {
  return eventually('a fetch has ended', async () => {
    const reply = await sidecar.ask();
    return !['503 NotReady', '503 TokenReplaced'].includes(codeOf(reply)) && reply;
  });
}

/** An answer of this status, which others may precede. */
export function answerOf(sidecar: RunningSidecar, status: number, request?: AskOptions): Promise<Reply> {
  return eventually(`status ${status}`, async () => {
    const reply = await sidecar.ask(request);
    return reply.status === status && reply;
  });
}

/** Asks until so many sessions were served, and shows each answer to `look`; what it throws ends this at once. */
export async function askSessions(
  sidecar: RunningSidecar,
  count: number,
  look: (reply: Reply) => void,
): Promise<ReadonlySet<unknown>> {
  const keys = new Set<unknown>();
  const ask = async (): Promise<boolean> => {
    const reply = await sidecar.ask();
    look(reply);
    return keys.add(reply.data.AccessKeyId).size >= count;
  };
  await eventually(`${count} sessions`, ask, { ms: Infinity, isFatal: () => true });
  return keys;
}

/** The request of a container that holds this role. */
export function asRole(files: PodFiles, role: string): AskOptions {
  return { path: `/v1/credentials/${role}`, headers: { authorization: files.readToken(role) } };
}

/** `403 StsAccessDenied`; of credentials, `200`. */
export function codeOf({ status, data }: Reply): string {
  return typeof data.Code === 'string' ? `${status} ${data.Code}` : String(status);
}
