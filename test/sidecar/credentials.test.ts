/** The sidecar as a whole, from nothing to credentials: real processes and sockets, doubles of STS and of the agent. */
import { mayAssume, trustRole } from '@rolechain/doubles/fixtures.ts';
import {
  answerOf,
  AUDIT,
  BASE,
  codeOf,
  EXTERNAL_ID,
  firstAnswer,
  hop,
  IRSA,
  ORDERS,
  ORDERS_ROLE,
  OUTAGE,
  REGION,
  useBench,
} from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { RunningSidecar } from './harness.ts';

const bench = useBench();

describe('from nothing to credentials', () => {
  test('base identity, hop, and an answer of five members, as every SDK reads it', async () => {
    const sidecar = await bench.start();
    const reply = await firstAnswer(sidecar);
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

    expect(bench.agent.requests.map((request) => request.answer)).toEqual(['ok']);
    expect(bench.sts.requests).toHaveLength(1);
    expect(bench.sts.requests[0]).toMatchObject({
      action: 'AssumeRole',
      signature: 'valid',
      answer: 'ok',
      parameters: { RoleSessionName: 'shop.orders-1', DurationSeconds: '3600', ExternalId: EXTERNAL_ID },
    });
  });

  test('the probe waits for it, and says so', async () => {
    bench.sts.failWhen(() => OUTAGE);
    const sidecar = await bench.start();
    const waiting = await eventually('the error', async () => {
      const { code, out } = await sidecar.probe();
      return out.includes('StsUnavailable') && { code, out };
    });
    expect(waiting.code).toBe(1);
    expect(waiting.out).toMatch(/^role default has no credentials yet: StsUnavailable: .*\n$/);
    bench.sts.heal();
    const ready = await eventually('the probe passes', async () => {
      const probe = await sidecar.probe();
      return probe.code === 0 && probe;
    });
    expect(ready.out).toBe('every role has credentials\n');
  });

  test('a chain of two hops, each signed with the one before', async () => {
    bench.sts.setRole({ arn: AUDIT, trust: trustRole(ORDERS) });
    bench.sts.setRole({
      arn: ORDERS,
      trust: trustRole(BASE, { externalId: EXTERNAL_ID }),
      permissions: mayAssume(AUDIT),
    });
    const sidecar = await bench.start({ roles: { default: { hops: [...ORDERS_ROLE.hops, hop(AUDIT)] } } });
    expect((await firstAnswer(sidecar)).data.AccountId).toBe('333333333333');
    expect(
      bench.sts.requests.map((r) => [r.parameters.RoleArn, r.callerArn?.split(':').at(-1)?.split('/')[1]]),
    ).toEqual([
      [ORDERS, 'base'],
      [AUDIT, 'orders'],
    ]);
  });

  test('IRSA: web identity, then the hop', async () => {
    const sidecar = await bench.start({
      roles: { default: { source: { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token: { type: 'projected' } } } },
    });
    expect((await firstAnswer(sidecar)).status).toBe(200);
    expect(bench.sts.requests.map(({ action, answer }) => `${action} ${answer}`)).toEqual([
      'AssumeRoleWithWebIdentity ok',
      'AssumeRole ok',
    ]);
    expect(bench.agent.requests).toHaveLength(0);
  });

  test('auto without the label is IRSA; with it, the agent', async () => {
    const roles = { default: { source: { type: 'auto', roleARN: IRSA, stsRegion: REGION } as const } };
    expect((await firstAnswer(await bench.start({ roles }))).status).toBe(200);
    expect(bench.agent.requests).toHaveLength(0);
    const labelled = await bench.start({ roles, env: { ROLECHAIN_POD_IDENTITY_LABEL: 'enabled' } });
    expect((await answerOf(labelled, 200)).status).toBe(200);
    expect(bench.agent.requests).toHaveLength(1);
    expect(bench.sts.requests.map((request) => request.action)).toEqual([
      'AssumeRoleWithWebIdentity',
      'AssumeRole',
      'AssumeRole',
    ]);
  });

  test('environment: static keys of the Secret; what stands in the process itself is nobody', async () => {
    const { accessKeyId, secretAccessKey } = bench.sts.issueUser(
      'arn:aws:iam::222222222222:user/me',
      mayAssume(ORDERS),
    );
    bench.sts.setTrust(ORDERS, trustRole('arn:aws:iam::222222222222:user/me', { externalId: EXTERNAL_ID }));
    const own = {
      AWS_ACCESS_KEY_ID: 'AKIAOWN',
      AWS_SECRET_ACCESS_KEY: 'own',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: bench.agent.credentialsUrl,
    };
    const sidecar = await bench.start({ roles: { default: { source: { type: 'environment' } } }, env: own });
    expect(codeOf(await firstAnswer(sidecar))).toBe('503 EnvironmentEmpty');
    // Neither a profile that is missing nor one without keys leads to the container's or the process's own.
    bench.files.writeSecret('config', '[default]\nregion = eu-central-1\n');
    await eventually('EnvironmentInvalid', async () => codeOf(await sidecar.ask()) === '400 EnvironmentInvalid');
    expect(bench.agent.requests).toHaveLength(0);
    expect(bench.sts.requests).toHaveLength(0);
    bench.files.writeSecret('AWS_ACCESS_KEY_ID', `${accessKeyId}\n`);
    bench.files.writeSecret('AWS_SECRET_ACCESS_KEY', `${secretAccessKey}\n`);
    expect((await answerOf(sidecar, 200)).data.AccountId).toBe('222222222222');
  });
});

describe('requests', () => {
  test('each role has its own token and nothing else is let in, in the order of the contract', async () => {
    const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
    await firstAnswer(sidecar);
    const [own, other] = [bench.files.readToken('default'), bench.files.readToken('audit')];
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
    const sidecar = await bench.start();
    const { data } = await firstAnswer(sidecar);
    expect((await sidecar.health('/healthz')).status).toBe(200);
    expect((await sidecar.health('/readyz')).status).toBe(200);
    const state = await sidecar.health('/status');
    expect(state.data).toMatchObject({ roles: { default: { state: 'valid', hops: [ORDERS] } } });
    const metrics = await sidecar.health('/metrics');
    expect(metrics.body).toContain('rolechain_refreshes_total{role="default",result="ok"} 1');
    expect(metrics.body).toMatch(/rolechain_requests_total\{status="200"\} \d/);
    const secrets = [data.SecretAccessKey, data.Token, bench.files.readToken(), EXTERNAL_ID].map(String);
    for (const secret of secrets) expect(state.body + metrics.body).not.toContain(secret);
  });
});
