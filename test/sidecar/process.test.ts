/** The sidecar as a whole: the real process, real sockets, and doubles of STS and of the Pod Identity agent. */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HopConfig, RoleConfig } from '@rolechain/shared';
import { startAgent, type AgentDouble } from '../doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole, trustServiceAccount } from '../doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '../doubles/jwt.ts';
import { startSts, type StsDouble } from '../doubles/sts.ts';
import { freePort } from '../cluster/free-port.ts';
import {
  bundlePrograms,
  eventually,
  makePodFiles,
  startSidecar,
  type PodFiles,
  type Programs,
  type Reply,
  type RunningSidecar,
  type SidecarOptions,
} from './harness.ts';

const BASE = 'arn:aws:iam::111111111111:role/base';
const IRSA = 'arn:aws:iam::111111111111:role/irsa';
const ORDERS = 'arn:aws:iam::222222222222:role/orders';
const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const REGION = 'eu-central-1';
const ISSUER = 'https://issuer.example';
const EXTERNAL_ID = 'our-external-id';
const OUTAGE = { status: 503, code: 'ServiceUnavailable', message: 'Service Unavailable' } as const;
const ACCOUNT = { namespace: 'shop', serviceAccount: 'orders' };

const key = makeSigningKey();
let programs: Programs;
let sts: StsDouble;
let agent: AgentDouble;
let files: PodFiles;
const sidecars: RunningSidecar[] = [];

beforeAll(async () => {
  programs = await bundlePrograms();
});
afterAll(() => programs.remove());

beforeEach(async () => {
  files = makePodFiles();
  sts = await startSts({
    region: REGION,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS, AUDIT) },
      { arn: IRSA, trust: trustServiceAccount(IRSA, ISSUER, 'shop', 'orders'), permissions: mayAssume(ORDERS) },
      {
        arn: ORDERS,
        trust: {
          Statement: [BASE, IRSA].flatMap((arn) => trustRole(arn, { externalId: EXTERNAL_ID }).Statement),
        },
      },
      { arn: AUDIT, trust: trustRole(BASE) },
    ],
    oidc: [{ issuer: ISSUER, audience: 'sts.amazonaws.com', publicKey: key.publicKey }],
  });
  agent = await startAgent({ sts, associations: [{ ...ACCOUNT, roleArn: BASE }], keys: [key.publicKey] });
  files.writeToken('podIdentityToken', projectedToken('pods.eks.amazonaws.com'));
  files.writeToken('irsaToken', projectedToken('sts.amazonaws.com'));
});

afterEach(async () => {
  await Promise.all(sidecars.splice(0).map((sidecar) => sidecar.stop()));
  await Promise.all([agent.close(), sts.close()]);
  files.remove();
});

function projectedToken(audience: string): string {
  const pod = { name: 'orders-1', uid: 'u-1' };
  return makeServiceAccountToken({ ...ACCOUNT, pod, audience, expiresInSeconds: 3600, key, issuer: ISSUER });
}

function hop(roleARN: string, change: Partial<HopConfig> = {}): HopConfig {
  return { roleARN, sessionName: '{namespace}.{pod}', durationSeconds: 3600, stsRegion: REGION, ...change };
}

const ORDERS_ROLE: RoleConfig = {
  source: { type: 'pod-identity' },
  startup: 'require',
  hops: [hop(ORDERS, { externalID: EXTERNAL_ID })],
};

interface Change {
  readonly roles?: Record<string, Partial<RoleConfig>>;
  readonly env?: Record<string, string>;
  readonly ports?: SidecarOptions['config']['ports'];
}

async function start({ roles = { default: {} }, env = {}, ports }: Change = {}): Promise<RunningSidecar> {
  const whole = Object.entries(roles).map(([name, role]) => [name, { ...ORDERS_ROLE, ...role }]);
  const config = {
    ...ACCOUNT,
    agentEndpoints: [agent.credentialsUrl],
    stsEndpoint: sts.url,
    roles: Object.fromEntries(whole) as Record<string, RoleConfig>,
    ...(ports ? { ports } : {}),
  };
  const sidecar = await startSidecar({ programs, files, config, env: { ROLECHAIN_LOG_LEVEL: 'debug', ...env } });
  sidecars.push(sidecar);
  return sidecar;
}

const answering = (sidecar: RunningSidecar): Promise<Reply> => eventually('it listens', () => sidecar.ask());
const status = (sidecar: RunningSidecar, wanted: number): Promise<Reply> =>
  eventually(`status ${wanted}`, async () => {
    const reply = await sidecar.ask();
    return reply.status === wanted && reply;
  });
const codeOf = (reply: Reply): string => `${reply.status} ${String(reply.data.Code ?? '')}`;

describe('from nothing to credentials', () => {
  test('base identity, hop, and an answer of five members, as every SDK reads it', async () => {
    const sidecar = await start();
    const reply = await answering(sidecar);
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
    const { AccessKeyId, SecretAccessKey, Token, Expiration, AccountId, ...rest } = reply.data;
    expect(rest).toEqual({});
    expect(AccessKeyId).toMatch(/^ASIA/);
    expect([SecretAccessKey, Token]).toEqual([expect.stringMatching(/.{20}/), expect.stringMatching(/.{20}/)]);
    expect(Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(AccountId).toBe('222222222222');

    expect(agent.requests.map((request) => request.answer)).toEqual(['ok']);
    expect(sts.requests).toHaveLength(1);
    expect(sts.requests[0]).toMatchObject({
      action: 'AssumeRole',
      signature: 'valid',
      answer: 'ok',
      parameters: { RoleSessionName: 'shop.orders-1', DurationSeconds: '3600', ExternalId: EXTERNAL_ID },
    });
  });

  test('the probe waits for it, and says so', async () => {
    sts.failWhen(() => OUTAGE);
    const sidecar = await start();
    const waiting = await eventually('the error', async () => {
      const { code, out } = await sidecar.probe();
      return out.includes('StsUnavailable') && { code, out };
    });
    expect(waiting.code).toBe(1);
    expect(waiting.out).toMatch(/^role default has no credentials yet: StsUnavailable: .*\n$/);
    sts.heal();
    const ready = await eventually('the probe passes', async () => {
      const probe = await sidecar.probe();
      return probe.code === 0 && probe;
    });
    expect(ready.out).toBe('every role has credentials\n');
  });

  test('a chain of two hops, each signed with the one before', async () => {
    sts.setRole({ arn: AUDIT, trust: trustRole(ORDERS) });
    sts.setRole({
      arn: ORDERS,
      trust: trustRole(BASE, { externalId: EXTERNAL_ID }),
      permissions: mayAssume(AUDIT),
    });
    const sidecar = await start({ roles: { default: { hops: [...ORDERS_ROLE.hops, hop(AUDIT)] } } });
    expect((await answering(sidecar)).data.AccountId).toBe('333333333333');
    expect(sts.requests.map((r) => [r.parameters.RoleArn, r.callerArn?.split(':').at(-1)?.split('/')[1]])).toEqual([
      [ORDERS, 'base'],
      [AUDIT, 'orders'],
    ]);
  });

  test('IRSA: web identity, then the hop', async () => {
    const sidecar = await start({ roles: { default: { source: { type: 'irsa', roleARN: IRSA, stsRegion: REGION } } } });
    expect((await answering(sidecar)).status).toBe(200);
    expect(sts.requests.map(({ action, answer }) => `${action} ${answer}`)).toEqual([
      'AssumeRoleWithWebIdentity ok',
      'AssumeRole ok',
    ]);
    expect(agent.requests).toHaveLength(0);
  });

  test('auto without the label is IRSA; with it, the agent', async () => {
    const roles = { default: { source: { type: 'auto', roleARN: IRSA, stsRegion: REGION } as const } };
    expect((await answering(await start({ roles }))).status).toBe(200);
    expect(agent.requests).toHaveLength(0);
    const labelled = await start({ roles, env: { ROLECHAIN_POD_IDENTITY_LABEL: 'enabled' } });
    expect((await status(labelled, 200)).status).toBe(200);
    expect(agent.requests).toHaveLength(1);
    expect(sts.requests.map((request) => request.action)).toEqual([
      'AssumeRoleWithWebIdentity',
      'AssumeRole',
      'AssumeRole',
    ]);
  });

  test('environment: static keys of the Secret; what stands in the process itself is nobody', async () => {
    const { accessKeyId, secretAccessKey } = sts.issueUser('arn:aws:iam::222222222222:user/me', mayAssume(ORDERS));
    sts.setTrust(ORDERS, trustRole('arn:aws:iam::222222222222:user/me', { externalId: EXTERNAL_ID }));
    const own = {
      AWS_ACCESS_KEY_ID: 'AKIAOWN',
      AWS_SECRET_ACCESS_KEY: 'own',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: agent.credentialsUrl,
    };
    const sidecar = await start({ roles: { default: { source: { type: 'environment' } } }, env: own });
    expect(codeOf(await answering(sidecar))).toBe('503 EnvironmentEmpty');
    // Neither a profile that is missing nor one without keys leads to the container's or the process's own.
    files.writeSecret('config', '[default]\nregion = eu-central-1\n');
    await eventually('EnvironmentFailed', async () => codeOf(await sidecar.ask()) === '503 EnvironmentFailed');
    expect(agent.requests).toHaveLength(0);
    expect(sts.requests).toHaveLength(0);
    files.writeSecret('AWS_ACCESS_KEY_ID', `${accessKeyId}\n`);
    files.writeSecret('AWS_SECRET_ACCESS_KEY', `${secretAccessKey}\n`);
    expect((await status(sidecar, 200)).data.AccountId).toBe('222222222222');
  });
});

describe('requests', () => {
  test('each role has its own token and nothing else is let in, in the order of the contract', async () => {
    const sidecar = await start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
    await answering(sidecar);
    const [own, other] = [files.readToken('default'), files.readToken('audit')];
    expect(own).not.toBe(other);
    const audit = { path: '/v1/credentials/audit', headers: { authorization: other } };
    expect((await sidecar.ask(audit)).data.AccountId).toBe('333333333333');
    expect((await sidecar.ask({ path: '/v1/credentials/default' })).data.AccountId).toBe('222222222222');

    const table: [Parameters<RunningSidecar['ask']>[0], string][] = [
      [{ path: '/x', method: 'POST', headers: { host: 'evil.example', authorization: 'x' } }, '403 HostForbidden'],
      [{ path: '/x', method: 'POST', headers: { host: '127.0.0.1', authorization: 'x' } }, '404 PathUnknown'],
      [{ method: 'POST', headers: { authorization: 'x' } }, '405 MethodNotAllowed'],
      [{ headers: { authorization: '' } }, '401 TokenMissing'],
      [{ headers: { authorization: 'x' } }, '401 TokenUnknown'],
      [{ path: '/v1/credentials/none', headers: { authorization: 'x' } }, '401 TokenUnknown'],
      [{ headers: { authorization: other } }, '403 RoleForbidden'],
      [{ path: '/v1/credentials/none' }, '403 RoleForbidden'],
    ];
    for (const [request, expected] of table) {
      const reply = await sidecar.ask(request);
      expect(codeOf(reply)).toBe(expected);
      expect(reply.headers['content-type']).toBe('application/json');
      const { code, message, Code, Message, ...rest } = reply.data;
      expect([code, message, rest]).toEqual([Code, Message, {}]);
    }
  });

  test('health, status and metrics are on the other port, without a secret', async () => {
    const sidecar = await start();
    const { data } = await answering(sidecar);
    expect((await sidecar.health('/healthz')).status).toBe(200);
    expect((await sidecar.health('/readyz')).status).toBe(200);
    const state = await sidecar.health('/status');
    expect(state.data).toMatchObject({ roles: { default: { state: 'valid', hops: [ORDERS] } } });
    const metrics = await sidecar.health('/metrics');
    expect(metrics.body).toContain('rolechain_refreshes_total{role="default",result="ok"} 1');
    expect(metrics.body).toMatch(/rolechain_requests_total\{status="200"\} \d/);
    const secrets = [data.SecretAccessKey, data.Token, files.readToken(), EXTERNAL_ID].map(String);
    for (const secret of secrets) expect(state.body + metrics.body).not.toContain(secret);
  });
});

describe('keeping credentials', () => {
  test('short sessions are refreshed before they end: there is never a gap', async () => {
    sts.setSessionSeconds(4);
    const sidecar = await start();
    await answering(sidecar);
    const keys = new Set<unknown>();
    const until = Date.now() + 8000;
    while (Date.now() < until) {
      const reply = await sidecar.ask();
      expect(reply.status).toBe(200);
      expect(Date.parse(String(reply.data.Expiration))).toBeGreaterThan(Date.now() - 1000);
      keys.add(reply.data.AccessKeyId);
      await sleep(50);
    }
    expect(keys.size).toBeGreaterThanOrEqual(3);
  });

  test('STS fails at the refresh: 200 to the last second, then 503 with Retry-After, then 200 again', async () => {
    sts.setSessionSeconds(5);
    const sidecar = await start();
    const first = await answering(sidecar);
    sts.failWhen(() => OUTAGE);
    const expiry = Date.parse(String(first.data.Expiration));
    let reply = first;
    let before = 0;
    while (reply.status === 200) {
      expect(reply.data.AccessKeyId).toBe(first.data.AccessKeyId);
      before = Date.now();
      reply = await sidecar.ask();
    }
    // The one that was refused was asked for when the session had ended, or less than its hold before.
    expect(before).toBeGreaterThan(expiry - 100);
    expect(codeOf(reply)).toBe('503 StsUnavailable');
    expect(reply.headers['retry-after']).toBe('1');
    expect(sts.requests.length).toBeGreaterThan(2);
    sts.heal();
    await status(sidecar, 200);
  });

  test('a refused role is told as what it is, and comes back without a restart', async () => {
    sts.setTrust(ORDERS, trustRole(BASE, { externalId: 'another' }));
    const sidecar = await start();
    const reply = await answering(sidecar);
    expect(codeOf(reply)).toBe('403 StsAccessDenied');
    expect(reply.data.message).toMatch(
      /User: arn:aws:sts::111111111111:assumed-role\/base\/\S+ is not authorized to perform: sts:AssumeRole on resource: .*role\/orders/,
    );
    expect(reply.data.message).toContain('trust policy');
    expect((await sidecar.health('/readyz')).data).toEqual({ ready: false, waiting: { default: 'StsAccessDenied' } });
    expect((await sidecar.probe()).out).toContain('StsAccessDenied');
    sts.setTrust(ORDERS, trustRole(BASE, { externalId: EXTERNAL_ID }));
    await status(sidecar, 200);
  });

  test('an association that comes later is found', async () => {
    agent.dissociate(ACCOUNT.namespace, ACCOUNT.serviceAccount);
    const sidecar = await start();
    expect(codeOf(await answering(sidecar))).toBe('503 AgentNoAssociation');
    agent.associate({ ...ACCOUNT, roleArn: BASE });
    await status(sidecar, 200);
  });

  test('one role that fails does not hold up another', async () => {
    const denied = { hops: [hop('arn:aws:iam::444444444444:role/none')] };
    const sidecar = await start({ roles: { default: {}, denied } });
    await status(sidecar, 200);
    const headers = { authorization: files.readToken('denied') };
    await eventually(
      '403',
      async () => (await sidecar.ask({ path: '/v1/credentials/denied', headers })).status === 403,
    );
    expect((await sidecar.ask()).status).toBe(200);
  });
});

describe('the process', () => {
  test('after a restart the tokens are the same, and the old state does not count', async () => {
    const first = await start();
    await answering(first);
    const token = files.readToken();
    first.signal('SIGKILL');
    await first.ended;
    expect(await first.probe()).toEqual({ code: 1, out: 'the sidecar is starting again\n' });
    const second = await start({ ports: first.ports });
    expect((await answering(second)).status).toBe(200);
    expect(files.readToken()).toBe(token);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s: a held request is answered, and it ends at once', async (name) => {
    sts.failWhen(() => 'hang');
    const sidecar = await start();
    await answering(sidecar);
    const held = sidecar.ask();
    await eventually('it is held', async () =>
      (await sidecar.health('/metrics')).body.includes('rolechain_held_requests 1'),
    );
    const from = performance.now();
    sidecar.signal(name);
    expect(codeOf(await held)).toBe('503 NotReady');
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    // Generous beside the second that the contract allows, and far below the 5 s of the fetch that hangs.
    expect(performance.now() - from).toBeLessThan(2500);
  });

  test('a configuration that is not valid: exit code 2 and one line that names the field', async () => {
    const sidecar = await start({ roles: { default: { hops: [] } }, env: {} });
    expect(await sidecar.ended).toEqual({ code: 2, signal: null });
    expect(sidecar.output()).toEqual({
      out: '',
      err: expect.stringMatching(/^ConfigInvalid: ROLECHAIN_CONFIG\.roles\.default\.hops is .*at least one hop.*\n$/),
    });
  });

  test('a port that another has: it waits for it, the probe says why', async () => {
    const credentials = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(credentials, '127.0.0.1', resolve));
    const sidecar = await start({ ports: { credentials, health: await freePort() } });
    const waiting = await eventually('ListenFailed', async () => {
      const { code, out } = await sidecar.probe();
      return out.includes('ListenFailed') && { code, out };
    });
    expect(waiting).toEqual({ code: 1, out: expect.stringContaining(`port ${credentials}: EADDRINUSE`) });
    other.close();
    expect((await answering(sidecar)).status).toBe(200);
    await eventually('the probe passes', async () => (await sidecar.probe()).code === 0);
  });

  test('its log names roles, errors and fixes, and no secret', async () => {
    sts.failNext(1, {
      status: 400,
      code: 'ValidationError',
      message: `1 validation error detected: Value '${EXTERNAL_ID}' at 'externalId' failed`,
    });
    const sidecar = await start();
    const { data } = await status(sidecar, 200);
    await sidecar.ask({ headers: { authorization: 'not-a-token' } });
    sidecar.signal('SIGTERM');
    await sidecar.ended;
    const { out, err } = sidecar.output();
    expect(err).toBe('');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const line = (message: string): object | undefined => lines.find((one) => one.message === message);
    expect(lines.map((one) => String(one.message)).sort()).toEqual([
      'credentials endpoint listens',
      'credentials fetched',
      'credentials not fetched',
      'ending',
      'request refused',
      'starting',
    ]);
    expect(line('starting')).toMatchObject({
      roles: [{ name: 'default', hops: [{ roleARN: ORDERS, sessionName: 'shop.orders-1' }] }],
    });
    expect(line('credentials not fetched')).toMatchObject({
      role: 'default',
      code: 'StsRejected',
      fix: expect.stringMatching(/./),
    });
    expect(line('request refused')).toMatchObject({ code: 'TokenUnknown', fix: expect.stringMatching(/./), times: 1 });
    const base = agent.requests[0]?.token ?? '';
    const secrets = [data.SecretAccessKey, data.Token, files.readToken(), base, EXTERNAL_ID, 'not-a-token'].map(String);
    for (const secret of secrets) expect(out).not.toContain(secret);
  });
});
