/** `serviceAccount`: another account's identity, against a real apiserver with RBAC on. */
import { CoreV1Api, RbacAuthorizationV1Api, type V1Role, type V1RoleBinding } from '@kubernetes/client-node';
import type { JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { Cluster } from '../cluster/apiserver.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { decodeJwt } from '@rolechain/doubles/jwt.ts';
import { mayAssume, trustRole, trustServiceAccount } from '@rolechain/doubles/fixtures.ts';
import { startSts } from '@rolechain/doubles/sts.ts';
import { answerOf, codeOf, hop, IRSA, ORDERS, REGION, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { RunningSidecar } from './harness.ts';

const ISSUER = 'https://kubernetes.default.svc';
const AUDIENCE = 'sts.amazonaws.com';
/** A proxy that is not there: nothing of the cluster may go through it. */
const NO_WAY = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };

describeWithCluster('a token by TokenRequest', (cluster) => {
  const bench = useBench();
  const core = () => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const rbac = () => cluster().kubeConfig.makeApiClient(RbacAuthorizationV1Api);

  beforeAll(async () => {
    for (const [namespace, names] of Object.entries({ shop: ['orders', 'payer'], vault: ['payer'] })) {
      await core().createNamespace({ body: { metadata: { name: namespace } } });
      for (const name of names) {
        await core().createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
      }
    }
  });

  async function ownToken(): Promise<string> {
    const body = { spec: { audiences: [], expirationSeconds: 3600 } };
    const given = await core().createNamespacedServiceAccountToken({ namespace: 'shop', name: 'orders', body });
    return given.status?.token ?? '';
  }

  /** STS knows the cluster's issuer, and the base role trusts the other account alone. */
  async function makeSts(namespace: string): Promise<void> {
    await bench.sts.close();
    bench.sts = await startSts({
      region: REGION,
      roles: [
        { arn: IRSA, trust: trustServiceAccount(IRSA, ISSUER, namespace, 'payer'), permissions: mayAssume(ORDERS) },
        { arn: ORDERS, trust: trustRole(IRSA) },
      ],
      oidc: [{ issuer: ISSUER, audience: AUDIENCE, publicKey: await signingKeys(cluster()) }],
    });
  }

  async function start(namespace: string): Promise<RunningSidecar> {
    const { caData = '', server = '' } = cluster().kubeConfig.getCurrentCluster() ?? {};
    bench.files.writeApiAccess('ca.crt', Buffer.from(caData, 'base64').toString());
    const token = { type: 'token-request', namespace, name: 'payer', audience: AUDIENCE } as const;
    const source = { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token } as const;
    const { hostname, port } = new URL(server);
    return bench.start({
      roles: { default: { source, hops: [hop(ORDERS)] } },
      env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, ...NO_WAY },
    });
  }

  test.each(['shop', 'vault'])(
    'an account of the namespace %s: refused with the Role to apply, then given',
    async (namespace) => {
      await makeSts(namespace);
      bench.files.writeApiAccess('token', await ownToken());
      const sidecar = await start(namespace);
      expect(codeOf(await answerOf(sidecar, 403))).toBe('403 TokenRequestForbidden');
      const { roles } = (await sidecar.health('/status')).data as {
        roles: { default: { error: { message: string } } };
      };
      const [said = '', applied = ''] = roles.default.error.message.split(' Apply: ');
      expect(said).toContain('serviceaccounts "payer" is forbidden');
      const { items } = JSON.parse(applied) as { items: [V1Role, V1RoleBinding] };
      await rbac().createNamespacedRole({ namespace, body: items[0] });
      await rbac().createNamespacedRoleBinding({ namespace, body: items[1] });
      await answerOf(sidecar, 200);
      const { parameters } = bench.sts.requests[0] ?? {};
      const claims = decodeJwt(parameters?.WebIdentityToken ?? '')?.claims ?? {};
      expect(claims).toMatchObject({ aud: [AUDIENCE], sub: `system:serviceaccount:${namespace}:payer` });
      expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
      const secrets = [await ownToken(), parameters?.WebIdentityToken ?? 'none'];
      for (const secret of secrets) expect(sidecar.output().out).not.toContain(secret);
    },
  );

  test('what passes or is mended is waited for: an own token that is none, an account that is not there, no apiserver', async () => {
    await makeSts('vault');
    const own = await ownToken();
    bench.files.writeApiAccess('token', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln');
    const sidecar = await start('vault');
    const saying = (code: string, text: string) =>
      eventually(text, async () => {
        const reply = await sidecar.ask();
        return codeOf(reply) === code && String(reply.data.Message).includes(text);
      });
    await saying('403 TokenRequestRefused', 'own token (401)');
    await core().deleteNamespacedServiceAccount({ namespace: 'vault', name: 'payer' });
    bench.files.writeApiAccess('token', own);
    await saying('400 TokenRequestAccountMissing', 'vault/payer is not there (404)');
    cluster().pauseApiserver();
    await saying('503 TokenRequestUnavailable', 'no answer within 5 s');
    cluster().resumeApiserver();
    await core().createNamespacedServiceAccount({ namespace: 'vault', body: { metadata: { name: 'payer' } } });
    await answerOf(sidecar, 200);
  });
});

/** The keys that the apiserver signs ServiceAccount tokens with. */
async function signingKeys({ kubeConfig, url }: Cluster): Promise<JsonWebKey[]> {
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const call = request(`${url}/openid/v1/jwks`, options).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return (JSON.parse(text) as { keys: JsonWebKey[] }).keys;
}
