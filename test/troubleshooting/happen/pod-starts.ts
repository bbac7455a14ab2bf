/** What keeps a pod from its first credentials, made to happen: each starts the pod of its way, and it fails from then on. */
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { ENV } from '@rolechain/shared';
import { mayAssume, trustRole, trustServiceAccount } from '@rolechain/doubles/fixtures.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { BASE, EXTERNAL_ID, hop, IRSA, ISSUER, REGION } from '../../sidecar/bench.ts';
import { shiftedClock } from '../../sidecar/clock-shift.ts';
import { targetOf, type PodChange, type PodOfWay, type World } from './pod-world.ts';

/** `way` is the name of the row, of its ServiceAccount and of its target role. */
export type Start = (world: World, way: string) => Promise<PodOfWay>;

const OTHER_ROLE = 'arn:aws:iam::111111111111:role/other';
const SESSION = 'arn:aws:sts::111111111111:assumed-role/base/eks-shop-orders-1';
const SECRET = { name: 'orders-aws', key: 'external-id' };
/** In words that no annotation has: the suite looks for the value in all that programs say. */
const HELD_BY_SECRET = 'kept-by-a-secret-7';
const IRSA_SOURCE = { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token: { type: 'projected' } } as const;
const THREE_DAYS_MINUTES = 3 * 24 * 60;

/** A pod that differs so. */
const differing =
  (changeOf: (way: string) => PodChange): Start =>
  (world, way) =>
    world.start(way, changeOf(way));

/** A pod whose call of STS is answered so, where the double would not. */
const refusedBySts =
  (status: number, code: string, messageOf: (way: string) => string): Start =>
  (world, way) => {
    world.failSts(way, { status, code, message: messageOf(way) });
    return world.start(way);
  };

/** As IAM words it, with the kind of policy that it names (IAM User Guide, Troubleshoot access denied error messages). */
const denied = (reason: string): Start =>
  refusedBySts(
    403,
    'AccessDenied',
    (way) => `User: ${SESSION} is not authorized to perform: sts:AssumeRole on resource: ${targetOf(way)} ${reason}`,
  );

const byExternalIDFrom = (way: string): PodChange => ({
  role: { hops: [hop(targetOf(way), { externalIDFrom: SECRET })] },
});
const byIrsa = (change: PodChange = {}): Start => differing(() => ({ role: { source: IRSA_SOURCE }, ...change }));

/** Takes connections and never answers, as where a NetworkPolicy drops what is sent. It is over with the world. */
async function blackHole(world: World): Promise<string> {
  const server: Server = createServer((socket) => void socket.on('error', () => socket.destroy()).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.onEnd(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const PAYER = { namespace: 'vault', name: 'payer' };

/** Answers a TokenRequest as an apiserver without the Role does; test/sidecar/token-request.test.ts has the real one. */
async function forbiddingApiserver(world: World, way: string): Promise<{ port: number; ca: string }> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'double of the API' });
  const { certificate: cert, key } = await makeLeaf({ authority, now, dnsNames: ['localhost'] });
  for (const secret of [authority.key, key]) isSecret('private key', secret);
  const message = `serviceaccounts "${PAYER.name}" is forbidden: User "system:serviceaccount:shop:${way}" cannot create resource "serviceaccounts/token" in API group "" in the namespace "${PAYER.namespace}"`;
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason: 'Forbidden', code: 403 };
  const server = createHttpsServer({ cert, key }, (_request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, ca: authority.certificate };
}

export const STARTS = {
  'trust-refuses': differing(() => ({ target: { trust: trustRole(OTHER_ROLE) } })),
  'base-role-lacks-right': denied('because no identity-based policy allows the sts:AssumeRole action'),
  'tag-session-missing': differing(() => ({
    target: { trust: trustRole(BASE, { externalId: EXTERNAL_ID, tagSession: false }) },
  })),
  'external-id-differs': differing(() => ({
    target: { trust: trustRole(BASE, { externalId: 'another-external-id' }) },
  })),
  'external-id-not-sent': differing((way) => ({ role: { hops: [hop(targetOf(way))] } })),
  'external-id-secret-missing': differing(byExternalIDFrom),
  'external-id-ends-in-newline': differing((way) => ({
    ...byExternalIDFrom(way),
    target: { trust: trustRole(BASE, { externalId: HELD_BY_SECRET }) },
    files: (files) => files.writeExternalID(SECRET, `${HELD_BY_SECRET}\n`),
  })),
  'target-role-missing': differing(() => ({ target: 'absent' })),
  'service-control-policy': denied(
    'with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1',
  ),
  'hop-fails': (world, way) => {
    const hub = targetOf('hub');
    world.sts.setRole({ arn: hub, trust: trustRole(BASE), permissions: mayAssume(targetOf('*')) });
    return world.start(way, {
      role: { hops: [hop(hub), hop(targetOf(way))] },
      target: { trust: trustRole(OTHER_ROLE) },
    });
  },
  'session-too-long': differing((way) => ({
    role: {
      source: undefined,
      webIdentity: { mode: 'only', token: { type: 'projected' } },
      hops: [hop(targetOf(way), { durationSeconds: 7200 })],
    },
    target: { trust: trustServiceAccount(targetOf(way), ISSUER, 'shop', way) },
  })),
  'session-policy-too-large': refusedBySts(
    400,
    'PackedPolicyTooLarge',
    () => 'Packed policy consumes 112% of allotted space, please use smaller policy.',
  ),
  'association-missing': differing(() => ({ hasAssociation: false })),
  'association-role-untrusting': (world, way) => {
    world.agent.associate({ namespace: 'shop', serviceAccount: way, roleArn: OTHER_ROLE });
    return world.start(way, { hasAssociation: false });
  },
  'agent-missing': async (world, way) =>
    world.start(way, { config: { agentEndpoints: [`http://127.0.0.1:${await freePort()}/v1/credentials`] } }),
  'agent-blocked': async (world, way) =>
    world.start(way, { config: { agentEndpoints: [`${await blackHole(world)}/v1/credentials`] } }),
  'irsa-provider-missing': byIrsa({ token: { issuer: 'https://oidc.other.example' } }),
  'irsa-audience-differs': byIrsa({ token: { audience: 'another-audience' } }),
  'irsa-trust-refuses': byIrsa(),
  'irsa-token-expired': byIrsa({ token: { expiresInSeconds: -60 } }),
  'base-token-missing': byIrsa({ files: (files) => files.removeTokens() }),
  'token-request-forbidden': async (world, way) => {
    const { port, ca } = await forbiddingApiserver(world, way);
    const token = { type: 'token-request', ...PAYER, audience: 'sts.amazonaws.com' } as const;
    return world.start(way, {
      role: { source: { ...IRSA_SOURCE, token } },
      env: { KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: `${port}` },
      files: (files) => {
        files.writeApiAccess('ca.crt', ca);
        files.writeApiAccess('token', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln');
      },
    });
  },
  'sts-blocked': async (world, way) => world.start(way, { config: { stsEndpoint: await blackHole(world) } }),
  'sts-not-resolved': differing(() => ({ config: { stsEndpoint: 'http://sts.eu-central-1.rolechain.invalid' } })),
  'region-disabled': refusedBySts(
    403,
    'RegionDisabledException',
    () =>
      'STS is not activated in this region for account:222222222222. Your account administrator can activate STS in this region using the IAM Console.',
  ),
  'sts-throttles': refusedBySts(400, 'Throttling', () => 'Rate exceeded'),
  'clock-wrong': async (world, way) => {
    const { env } = shiftedClock(world.folder, THREE_DAYS_MINUTES);
    // Its own tokens would not be valid yet by that clock; the agent looks at its own.
    return world.start(way, { env });
  },
  'environment-secret-missing': differing(() => ({ role: { source: { type: 'environment' } } })),
  'port-taken': async (world, way) => {
    const { port } = new URL(await blackHole(world));
    return world.start(way, { config: { ports: { credentials: Number(port), health: await freePort() } } });
  },
  'versions-differ': differing(() => ({ env: { [ENV.config]: '{"version":2}' } })),
} satisfies Readonly<Record<string, Start>>;
