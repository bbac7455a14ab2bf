/** One row's own pod: doubles of STS and of the agent behind fronts, a sidecar, and an SDK of each kind that asks it. */
import { join } from 'node:path';
import { PATHS, tokenFile } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { startAgent, type AgentDouble } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startSts, type StsDouble } from '@rolechain/doubles/sts.ts';
import { ACCOUNT, BASE, EXTERNAL_ID, ISSUER, ORDERS, ORDERS_ROLE, REGION } from '../sidecar/bench.ts';
import { makePodFiles, startSidecar, type PodFiles, type Programs, type RunningSidecar } from '../sidecar/harness.ts';
import { startClient, type Client, type Sdks } from './clients.ts';
import { startFront, type Front } from './front.ts';

const key = makeSigningKey();

export interface World {
  readonly sts: StsDouble;
  readonly agent: AgentDouble;
  /** All that the sidecar sends to either passes here. */
  readonly stsFront: Front;
  readonly agentFront: Front;
  readonly files: PodFiles;
  readonly sidecar: () => RunningSidecar;
  readonly clients: readonly Client[];
  /** Of the base identity; what the pod has unless a fault takes it. */
  readonly token: string;
  /** Called when the row is over, last first. */
  readonly onEnd: (task: () => unknown) => void;
  /** A new sidecar with the same ports and files. */
  readonly restart: () => Promise<void>;
  readonly startClients: () => void;
  readonly end: () => Promise<void>;
}

export interface WorldOptions {
  readonly programs: Programs;
  readonly sdks: Sdks;
  /** Of the sessions that STS gives out. */
  readonly sessionSeconds?: number;
  /** Host of the STS endpoint in the sidecar's configuration, in place of the front's address. */
  readonly stsHost?: string;
  /** A fault that is there before the sidecar starts; it finds no sidecar yet. */
  readonly before?: (world: World) => Promise<void> | void;
}

/** Trusts the base, as long as the row leaves it so. */
export const TRUST = trustRole(BASE, { externalId: EXTERNAL_ID });

/** The pod, with its sidecar started and no client yet. */
export async function makeWorld({ programs, sdks, sessionSeconds, stsHost, before }: WorldOptions): Promise<World> {
  const tasks: (() => unknown)[] = [];
  const onEnd: World['onEnd'] = (task) => void tasks.unshift(task);
  const sts = await startSts({
    region: REGION,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
      { arn: ORDERS, trust: TRUST },
    ],
    ...(sessionSeconds === undefined ? {} : { sessionSeconds }),
  });
  onEnd(sts.close);
  const agent = await startAgent({ sts, associations: [{ ...ACCOUNT, roleArn: BASE }], keys: [key.publicKey] });
  onEnd(agent.close);
  const stsFront = await startFront(sts.port);
  onEnd(stsFront.close);
  const agentFront = await startFront(agent.port);
  onEnd(agentFront.close);
  const files = makePodFiles();
  onEnd(files.remove);
  const token = makeToken();
  files.writeToken('podIdentityToken', token);

  const ports = { credentials: await freePort(), health: await freePort() };
  const config = {
    ...ACCOUNT,
    agentEndpoints: [`${agentFront.url}/v1/credentials`],
    stsEndpoint: stsHost === undefined ? stsFront.url : `http://${stsHost}:${stsFront.port}`,
    roles: { default: ORDERS_ROLE },
    ports,
  };
  const clients: Client[] = [];
  const start = (): Promise<RunningSidecar> => startSidecar({ programs, files, config });
  let running: RunningSidecar | undefined;
  const sidecar = (): RunningSidecar => {
    if (running === undefined) throw new Error('the sidecar has not been started yet');
    return running;
  };
  onEnd(() => running?.stop());
  onEnd(() => Promise.all(clients.map((client) => client.stop())));
  const world: World = {
    ...{ sts, agent, stsFront, agentFront, files, clients, token, onEnd },
    sidecar,
    restart: async () => {
      running = await start();
    },
    startClients: () => {
      const url = `http://127.0.0.1:${ports.credentials}${PATHS.credentials}`;
      const path = join(files.root, tokenFile('default'));
      clients.push(...Object.keys(sdks).map((name) => startClient(name, sdks, url, path)));
    },
    end: async () => {
      for (const task of tasks) await task();
    },
  };
  try {
    await before?.(world);
    await world.restart();
    return world;
  } catch (error) {
    await world.end();
    throw error;
  }
}

/** A token of the pod's ServiceAccount, new each time. */
export function makeToken(): string {
  const pod = { name: 'orders-1', uid: 'u-1' };
  const audience = 'pods.eks.amazonaws.com';
  return makeServiceAccountToken({ ...ACCOUNT, pod, audience, expiresInSeconds: 3600, key, issuer: ISSUER });
}
