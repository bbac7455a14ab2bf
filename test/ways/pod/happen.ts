/** How each way that a running pod can fail is made to happen. Each returns its pod once it fails. */
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { ENV } from '@rolechain/shared';
import { trustPodIdentity, trustRole, trustServiceAccount, mayAssume } from '@rolechain/doubles/fixtures.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { BASE, EXTERNAL_ID, hop, IRSA, ISSUER, OUTAGE, REGION } from '../../sidecar/bench.ts';
import { shiftedClock } from '../../sidecar/clock-shift.ts';
import type { RunningSidecar } from '../../sidecar/harness.ts';
import { targetOf, type PodOfWay, type World } from './world.ts';

/** `way` is the name of the row, of its ServiceAccount and of its target role. */
export type Happen = (world: World, way: string) => Promise<PodOfWay>;

const OTHER_ACCOUNT = 'arn:aws:iam::111111111111:role/other';
const HUB = 'hub';
const SECRET = { secretKeyRef: { name: 'orders-aws', key: 'external-id' } } as const;
const IRSA_SOURCE = { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token: { type: 'projected' } } as const;
const DAY_MINUTES = 24 * 60;

/** The caller of a chain's first hop, as STS names it. */
const caller = 'arn:aws:sts::111111111111:assumed-role/base/eks-demo-orders-1';

const denied = (way: string, reason: string) => ({
  status: 403,
  code: 'AccessDenied',
  message: `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${targetOf(way)} ${reason}`,
});

/** Something that takes connections and never answers, as a packet filter does. */
async function blackHole(): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => void socket.on('error', () => socket.destroy()).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server };
}

export const HAPPEN: Readonly<Record<string, Happen>> = {
  'trust-refuses': (world, way) => world.start(way, { target: { trust: trustRole(OTHER_ACCOUNT) } }),
  'tag-session': (world, way) =>
    world.start(way, { target: { trust: trustRole(BASE, { externalId: EXTERNAL_ID, tagSession: false }) } }),
  'external-id-wrong': (world, way) =>
    world.start(way, { target: { trust: trustRole(BASE, { externalId: 'another-external-id' }) } }),
  'external-id-not-sent': (world, way) => world.start(way, { role: { hops: [hop(targetOf(way))] } }),
  'external-id-secret': (world, way) =>
    world.start(way, { role: { hops: [hop(targetOf(way), { externalIDFrom: SECRET.secretKeyRef })] } }),
  'external-id-newline': (world, way) =>
    world.start(way, {
      role: { hops: [hop(targetOf(way), { externalIDFrom: SECRET.secretKeyRef })] },
      files: (files) => files.writeExternalID(SECRET.secretKeyRef, `${EXTERNAL_ID}\n`),
    }),
  'association-missing': (world, way) => world.start(way, { hasAssociation: false }),
  'agent-missing': async (world, way) =>
    world.start(way, { config: { agentEndpoints: [`http://127.0.0.1:${await freePort()}/v1/credentials`] } }),
  'agent-blocked': async (world, way) => {
    const { url } = await blackHole();
    return world.start(way, { config: { agentEndpoints: [`${url}/v1/credentials`] } });
  },
  'association-role': (world, way) => {
    world.agent.associate({ namespace: 'shop', serviceAccount: way, roleArn: OTHER_ACCOUNT });
    return world.start(way, { hasAssociation: false });
  },
  'irsa-provider': (world, way) =>
    world.start(way, { role: { source: IRSA_SOURCE }, token: { issuer: 'https://oidc.other.example' } }),
  'irsa-audience': (world, way) =>
    world.start(way, { role: { source: IRSA_SOURCE }, token: { audience: 'another-audience' } }),
  'irsa-trust': (world, way) => world.start(way, { role: { source: IRSA_SOURCE } }),
  'irsa-token-expired': (world, way) =>
    world.start(way, { role: { source: IRSA_SOURCE }, token: { expiresInSeconds: -60 } }),
  'token-missing': (world, way) =>
    world.start(way, { role: { source: IRSA_SOURCE }, files: (files) => files.removeTokens() }),
  'sts-blocked': async (world, way) => {
    const { url } = await blackHole();
    return world.start(way, { config: { stsEndpoint: url } });
  },
  'sts-name': (world, way) =>
    world.start(way, { config: { stsEndpoint: 'http://sts.eu-central-1.rolechain.invalid' } }),
  'region-disabled': (world, way) => {
    const message = 'STS is not activated in this region for account:222222222222. Your account administrator can activate STS in this region using the IAM Console.';
    world.failSts(way, { status: 403, code: 'RegionDisabledException', message });
    return world.start(way);
  },
  'sts-throttles': (world, way) => {
    world.failSts(way, { status: 400, code: 'Throttling', message: 'Rate exceeded' });
    return world.start(way);
  },
  'clock-wrong': async (world, way) => {
    const folder = (await import('node:fs')).mkdtempSync('/tmp/clock-');
    return world.start(way, { env: shiftedClock(folder, 3 * DAY_MINUTES).env });
  },
  'max-session': (world, way) =>
    world.start(way, {
      role: {
        source: undefined,
        webIdentity: { mode: 'only', token: { type: 'projected' } },
        hops: [hop(targetOf(way), { durationSeconds: 7200 })],
      },
      target: { trust: trustServiceAccount(targetOf(way), ISSUER, 'shop', way) },
    }),
  'packed-policy': (world, way) => {
    world.failSts(way, {
      status: 400,
      code: 'PackedPolicyTooLarge',
      message: 'Packed policy consumes 112% of allotted space, please use smaller policy.',
    });
    return world.start(way);
  },
  'hop-fails': (world, way) => {
    world.sts.setRole({ arn: targetOf(HUB), trust: trustRole(BASE), permissions: mayAssume(targetOf('*')) });
    return world.start(way, {
      role: { hops: [hop(targetOf(HUB)), hop(targetOf(way))] },
      target: { trust: trustRole(OTHER_ACCOUNT) },
    });
  },
  'role-deleted': (world, way) => world.start(way, { target: 'absent' }),
  'scp-denies': (world, way) => {
    world.failSts(way, denied(way, 'with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1'));
    return world.start(way);
  },
  'identity-policy': (world, way) => {
    world.failSts(way, denied(way, 'because no identity-based policy allows the sts:AssumeRole action'));
    return world.start(way);
  },
  'trust-revoked': async (world, way) => {
    const pod = await world.start(way, { isShort: true });
    await answers(pod, 200);
    world.shortSts.setTrust(targetOf(way), trustRole(OTHER_ACCOUNT));
    return pod;
  },
  outage: async (world, way) => {
    const pod = await world.start(way, { isShort: true });
    await answers(pod, 200);
    world.failSts(way, 'reset');
    return pod;
  },
  'environment-empty': (world, way) => world.start(way, { role: { source: { type: 'environment' } } }),
};

const answers = ({ sidecar }: PodOfWay, status: number) =>
  eventually(`an answer ${status}`, async () => (await sidecar.ask()).status === status);
void [ENV, OUTAGE, trustPodIdentity];
export type { RunningSidecar };
