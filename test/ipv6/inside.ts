/**
 * Runs in a network namespace whose only IPv4 address is loopback's, as in a pod of an IPv6-only cluster: the sidecar
 * and an SDK against STS at its dual-stack name, and the Pod Identity agent at its IPv6 address. Prints one line of JSON.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { AGENT_ENDPOINTS, ENV, PATHS } from '@rolechain/shared';
import { startAgent } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startSts } from '@rolechain/doubles/sts.ts';
import { ACCOUNT, BASE, EXTERNAL_ID, ISSUER, ORDERS, ORDERS_ROLE, REGION, firstAnswer } from '../sidecar/bench.ts';
import { bundlePrograms, makePodFiles, startSidecar } from '../sidecar/harness.ts';
import { tlsFront } from '../fixture/egress.ts';
import { AGENT, DUALSTACK, POD, STS, type Seen } from './seen.ts';

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve) => void server.listen({ host, port }, resolve));

const now = new Date();
const key = makeSigningKey();
const sts = await startSts({
  region: REGION,
  roles: [
    { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
    { arn: ORDERS, trust: trustRole(BASE, { externalId: EXTERNAL_ID }) },
  ],
});
const associations = [{ ...ACCOUNT, roleArn: BASE }];
const agent = await startAgent({ sts, associations, keys: [key.publicKey], hosts: false });

const files = makePodFiles();
const authority = await makeAuthority({ now, commonName: 'private' });
const authorityFile = join(files.root, 'ca.crt');
writeFileSync(authorityFile, authority.certificate);
const hosts: string[] = [];
const front = tlsFront(await makeLeaf({ authority, now, dnsNames: [DUALSTACK] }), sts.port, hosts);
await listening(front, STS, 443);
// The agent has port 80 of its address, as on a node of EKS.
const agentFront = createServer((client) => {
  const onward = connect(agent.port, '127.0.0.1');
  onward.pipe(client).pipe(onward);
  for (const socket of [client, onward]) socket.on('error', () => socket.destroy());
});
await listening(agentFront, AGENT, 80);

const audience = 'pods.eks.amazonaws.com';
const pod = { name: 'orders-1', uid: 'u-1' };
files.writeToken(
  'podIdentityToken',
  makeServiceAccountToken({ ...ACCOUNT, pod, audience, expiresInSeconds: 3600, key, issuer: ISSUER }),
);
const programs = await bundlePrograms();
const usual = {
  ...ACCOUNT,
  agentEndpoints: AGENT_ENDPOINTS,
  roles: { default: { ...ORDERS_ROLE, startup: 'proceed' } },
} as const;
const env = { [ENV.extraCA]: authorityFile, [ENV.podIP]: POD };

async function answerWith(endpoints: object): Promise<string> {
  const sidecar = await startSidecar({ programs, files, config: { ...usual, ...endpoints }, env });
  try {
    const { status, data } = await firstAnswer(sidecar);
    return status === 200 ? 'credentials' : String(data.code);
  } finally {
    await sidecar.stop();
  }
}

/** Through a sidecar at the dual-stack endpoint, with these variables beside those of every container. */
async function callers(
  all: readonly Readonly<Record<string, string>>[],
): Promise<{ callers: string[]; ready: number }> {
  const sidecar = await startSidecar({ programs, files, config: { ...usual, useDualstackEndpoint: true }, env });
  try {
    await firstAnswer(sidecar);
    const { status } = await fetch(`http://[${POD}]:${sidecar.ports.health}${PATHS.readyz}`);
    const container = {
      [ENV.fullURI]: `http://127.0.0.1:${sidecar.ports.credentials}${PATHS.credentials}`,
      [ENV.token]: files.readToken(),
      ...{ [ENV.region]: REGION, [ENV.metadataDisabled]: 'true', [ENV.extraCA]: authorityFile },
    };
    const said: string[] = [];
    for (const more of all) {
      const program = join(import.meta.dirname, 'caller.mjs');
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...container, ...more } });
      said.push(stdout.trim());
    }
    return { callers: said, ready: status };
  } finally {
    await sidecar.stop();
  }
}

const seen: Seen = {
  addresses: Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).flatMap(({ family, address }) => (family === 'IPv4' ? address : [])),
  ),
  dualstack: await answerWith({ useDualstackEndpoint: true }),
  pattern: await answerWith({ stsEndpoint: 'https://sts.{region}.api.aws' }),
  usual: await answerWith({}),
  ...(await callers([{ [ENV.useDualstackEndpoint]: 'true' }, {}])),
  hosts,
};
console.log(JSON.stringify(seen));
programs.remove();
files.remove();
process.exit(0);
