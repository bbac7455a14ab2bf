/** What a sidecar of this part has around it: the agent, STS behind TLS of a private CA, and its pod's files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SidecarConfig } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { startAgent } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startSts } from '@rolechain/doubles/sts.ts';
import { makePodFiles, type PodFiles } from '@rolechain/test/sidecar/harness.ts';
import { listening, tlsFront } from '@rolechain/test/fixture/egress.ts';
import { testAuthority } from '@rolechain/webhook/testing/https.ts';

export const ROLE = 'arn:aws:iam::222222222222:role/orders';
export const REGION = 'eu-central-1';
export const EXTERNAL_ID = 'our-external-id';
export const ACCOUNT = { namespace: 'shop', serviceAccount: 'orders' };
const BASE = 'arn:aws:iam::111111111111:role/base';

export interface BenchPod {
  readonly files: PodFiles;
  readonly ports: SidecarConfig['ports'];
}

export interface World {
  readonly stsURL: string;
  readonly agentURL: string;
  /** PEM file of the CA behind STS. */
  readonly caFile: string;
  /** Removed by `close`. */
  readonly folder: string;
  readonly pod: () => Promise<BenchPod>;
  /** The length of the sessions from now on; undefined: what is asked for, an hour. */
  readonly setSessionSeconds: (seconds: number | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function startWorld(): Promise<World> {
  const key = makeSigningKey();
  const sts = await startSts({
    region: REGION,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ROLE) },
      { arn: ROLE, trust: trustRole(BASE, { externalId: EXTERNAL_ID }) },
    ],
  });
  const associations = [{ ...ACCOUNT, roleArn: BASE }];
  const agent = await startAgent({ sts, associations, keys: [key.publicKey] });
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-footprint-'));
  const authority = await testAuthority(['localhost']);
  const caFile = join(folder, 'ca.crt');
  await writeFile(caFile, authority.ca);
  const front = tlsFront(await authority.issue(), sts.port, []);
  const stsURL = `https://localhost:${await listening(front)}`;
  const pods: PodFiles[] = [];
  const audience = 'pods.eks.amazonaws.com';
  return {
    stsURL,
    agentURL: agent.credentialsUrl,
    caFile,
    folder,
    pod: async () => {
      const files = makePodFiles();
      pods.push(files);
      const pod = { name: `orders-${pods.length}`, uid: `u-${pods.length}` };
      const about = { ...ACCOUNT, pod, audience, expiresInSeconds: 3600, key, issuer: 'https://issuer.example' };
      files.writeToken('podIdentityToken', makeServiceAccountToken(about));
      return { files, ports: { credentials: await freePort(), health: await freePort() } };
    },
    setSessionSeconds: sts.setSessionSeconds,
    close: async () => {
      front.close();
      await Promise.all([agent.close(), sts.close()]);
      for (const files of pods) files.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
