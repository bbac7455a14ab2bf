/**
 * The surroundings of pods that fail: one double of STS and one of the Pod Identity agent for all of them, and a sidecar of its
 * own for each, so that all run side by side. Each pod has a ServiceAccount and a target role named after its way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RoleConfig, SidecarConfig } from '@rolechain/shared';
import { startAgent, type AgentDouble } from '@rolechain/doubles/agent.ts';
import type { Fault } from '@rolechain/doubles/faults.ts';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import type { RoleFixture } from '@rolechain/doubles/iam.ts';
import { makeServiceAccountToken, makeSigningKey, type ServiceAccountTokenOptions } from '@rolechain/doubles/jwt.ts';
import { startSts, type StsDouble } from '@rolechain/doubles/sts.ts';
import { BASE, EXTERNAL_ID, hop, IRSA, ISSUER, REGION } from '../../sidecar/bench.ts';
import {
  makePodFiles,
  startSidecar,
  type PodFiles,
  type Programs,
  type RunningSidecar,
} from '../../sidecar/harness.ts';

const TARGETS = 'arn:aws:iam::222222222222:role/';
/** Of sessions of the second STS: a refresh and an end come within a test. */
const SHORT_SECONDS = 6;

/** The role that a pod's `default` leads to. */
export const targetOf = (way: string): string => `${TARGETS}${way}`;

export interface World {
  readonly programs: Programs;
  readonly sts: StsDouble;
  /** Its sessions last seconds. */
  readonly shortSts: StsDouble;
  readonly agent: AgentDouble;
  /** From now on STS answers calls for this way's role so. */
  failSts(way: string, fault: Fault): void;
  /** A folder that goes with the world. */
  readonly folder: string;
  start(way: string, change?: PodChange): Promise<PodOfWay>;
  onEnd(task: () => unknown): void;
  close(): Promise<void>;
}

/** What a pod differs in from one that is well. */
export interface PodChange {
  readonly role?: Partial<RoleConfig>;
  readonly others?: Readonly<Record<string, Partial<RoleConfig>>>;
  readonly config?: Partial<Pick<SidecarConfig, 'agentEndpoints' | 'stsEndpoint' | 'ports'>>;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the trust policy that lets the base role in. */
  readonly target?: Partial<RoleFixture> | 'absent';
  readonly isShort?: boolean;
  readonly token?: Partial<ServiceAccountTokenOptions>;
  readonly hasAssociation?: boolean;
  readonly files?: (files: PodFiles) => void;
}

export interface PodOfWay {
  readonly files: PodFiles;
  readonly sidecar: RunningSidecar;
  /** After its process has ended: the same pod's sidecar, as the kubelet starts it again. */
  restart(): Promise<RunningSidecar>;
}

export async function makeWorld(programs: Programs): Promise<World> {
  const key = makeSigningKey();
  const roles: RoleFixture[] = [
    { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(`${TARGETS}*`) },
    { arn: IRSA, trust: { Statement: [] }, permissions: mayAssume(`${TARGETS}*`) },
  ];
  const oidc = [{ issuer: ISSUER, audience: 'sts.amazonaws.com', publicKey: key.publicKey }];
  const [sts, shortSts] = await Promise.all([
    startSts({ region: REGION, roles, oidc }),
    startSts({ region: REGION, roles, sessionSeconds: SHORT_SECONDS }),
  ]);
  const agents = await Promise.all(
    [sts, shortSts].map((each) => startAgent({ sts: each, associations: [], keys: [key.publicKey], cache: false })),
  );
  const [agent, shortAgent] = agents as [AgentDouble, AgentDouble];
  const ofSts = new Map<string, Fault>();
  for (const each of [sts, shortSts]) each.failWhen(({ parameters }) => ofSts.get(parameters.RoleArn ?? ''));
  const pods: (() => Promise<void>)[] = [];
  const tasks: (() => unknown)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-ways-'));

  async function start(way: string, change: PodChange = {}): Promise<PodOfWay> {
    const account = { namespace: 'shop', serviceAccount: way };
    const [ownSts, ownAgent] = change.isShort === true ? [shortSts, shortAgent] : [sts, agent];
    if (change.target !== 'absent') {
      ownSts.setRole({ arn: targetOf(way), trust: trustRole(BASE, { externalId: EXTERNAL_ID }), ...change.target });
    }
    if (change.hasAssociation !== false) ownAgent.associate({ ...account, roleArn: BASE });
    const files = makePodFiles();
    const tokenOf = (audience: string): string => {
      const pod = { name: 'orders-1', uid: 'u-1' };
      const own = { ...account, pod, audience, expiresInSeconds: 3600, key, issuer: ISSUER };
      return makeServiceAccountToken({ ...own, ...change.token });
    };
    files.writeToken('podIdentityToken', tokenOf('pods.eks.amazonaws.com'));
    files.writeToken('irsaToken', tokenOf('sts.amazonaws.com'));
    change.files?.(files);
    const plain: RoleConfig = {
      source: { type: 'pod-identity' },
      startup: 'proceed',
      hops: [hop(targetOf(way), { externalID: EXTERNAL_ID })],
    };
    const others = Object.entries(change.others ?? {}).map(([name, role]) => [name, { ...plain, ...role }] as const);
    const config = {
      ...account,
      agentEndpoints: [ownAgent.credentialsUrl],
      stsEndpoint: ownSts.url,
      roles: { default: { ...plain, ...change.role }, ...Object.fromEntries(others) },
      ...change.config,
    };
    const run = (ports = change.config?.ports): Promise<RunningSidecar> =>
      startSidecar({ programs, files, config: { ...config, ...(ports ? { ports } : {}) }, env: change.env ?? {} });
    let sidecar = await run();
    pods.push(async () => {
      await sidecar.stop();
      files.remove();
    });
    return {
      files,
      sidecar,
      restart: async () => {
        sidecar = await run(sidecar.ports);
        return sidecar;
      },
    };
  }

  return {
    ...{ programs, sts, shortSts, agent, folder, start },
    onEnd: (task) => void tasks.push(task),
    failSts: (way, fault) => ofSts.set(targetOf(way), fault),
    close: async () => {
      await Promise.all(pods.map((end) => end()));
      for (const task of tasks) await task();
      rmSync(folder, { recursive: true });
      await Promise.all([...agents.map((each) => each.close()), sts.close(), shortSts.close()]);
    },
  };
}
