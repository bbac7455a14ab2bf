/** The sidecar as a whole, through refreshes, failures and recoveries. */
import { LIMITS } from '@rolechain/shared';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { startSts } from '@rolechain/doubles/sts.ts';
import {
  ACCOUNT,
  answerOf,
  askSessions,
  BASE,
  codeOf,
  EXTERNAL_ID,
  firstAnswer,
  hop,
  ORDERS,
  OUTAGE,
  REGION,
  useBench,
} from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';

const bench = useBench();

describe('keeping credentials', () => {
  test('short sessions are refreshed before they end: there is never a gap', async () => {
    bench.sts.setSessionSeconds(8);
    const sidecar = await bench.start();
    await firstAnswer(sidecar);
    await askSessions(sidecar, 3, ({ status, data }) => {
      expect(status).toBe(200);
      expect(Date.parse(String(data.Expiration))).toBeGreaterThan(Date.now() - 1000);
    });
  });

  test('STS fails at the refresh: 200 to the last second, then 503 with Retry-After, then 200 again', async () => {
    bench.sts.setSessionSeconds(5);
    // All but the first call.
    bench.sts.failWhen(() => (bench.sts.requests.length > 1 ? OUTAGE : undefined));
    const sidecar = await bench.start();
    const first = await firstAnswer(sidecar);
    const expiry = Date.parse(String(first.data.Expiration));
    let reply = first;
    while (reply.status === 200) {
      expect(reply.data.AccessKeyId).toBe(first.data.AccessKeyId);
      reply = await sidecar.ask();
    }
    // It came after the session had ended, and was held before it was refused. A timer may come a millisecond early.
    expect(Date.now()).toBeGreaterThanOrEqual(expiry + LIMITS.holdMs - 2);
    expect(codeOf(reply)).toBe('503 StsUnavailable');
    expect(reply.headers['retry-after']).toBe('1');
    await eventually('it is tried again', () => bench.sts.requests.length > 2);
    bench.sts.heal();
    await answerOf(sidecar, 200);
  });

  test('the agent fails at the refresh: what it gave stands in, and /status says so until it is well', async () => {
    bench.sts.setSessionSeconds(6);
    const sidecar = await bench.start();
    await firstAnswer(sidecar);
    bench.agent.failWhen(() => OUTAGE);
    const status = async (): Promise<{ state: string; error?: unknown }> =>
      ((await sidecar.health('/status')).data as { roles: { default: { state: string; error?: unknown } } }).roles
        .default;
    const bridged = await eventually('bridged', async () => {
      const role = await status();
      return role.error === undefined ? undefined : role;
    });
    expect(bridged).toMatchObject({ state: 'valid', error: { code: 'AgentUnavailable', bridged: true } });
    expect((await sidecar.ask()).status).toBe(200);
    bench.agent.heal();
    await eventually('no error', async () => (await status()).error === undefined);
  });

  test('a refused role is told as what it is, and comes back without a restart', async () => {
    bench.sts.setTrust(ORDERS, trustRole(BASE, { externalId: 'another' }));
    const sidecar = await bench.start();
    const reply = await firstAnswer(sidecar);
    expect(codeOf(reply)).toBe('403 StsAccessDenied');
    expect(reply.data.message).toMatch(
      /User: arn:aws:sts::111111111111:assumed-role\/base\/\S+ is not authorized to perform: sts:AssumeRole on resource: .*role\/orders/,
    );
    expect(reply.data.message).toContain('trust policy');
    expect((await sidecar.health('/readyz')).data).toEqual({ ready: false, waiting: { default: 'StsAccessDenied' } });
    expect((await sidecar.probe()).out).toContain('StsAccessDenied');
    bench.sts.setTrust(ORDERS, trustRole(BASE, { externalId: EXTERNAL_ID }));
    await answerOf(sidecar, 200);
  });

  test('an STS that is not there is told with its address, and one that comes is asked', async () => {
    const { port } = bench.sts;
    await bench.sts.close();
    const sidecar = await bench.start();
    const reply = await firstAnswer(sidecar);
    expect(codeOf(reply)).toBe('503 StsUnreachable');
    expect(reply.data.message).toContain('127.0.0.1: ECONNREFUSED.');
    // The base credentials are of the old double, so the new one does not know them: what is told follows.
    bench.sts = await startSts({ region: REGION, roles: [], port });
    await eventually('another error', async () => codeOf(await sidecar.ask()) === '503 StsCredentialsExpired');
  });

  test('an association that comes later is found', async () => {
    bench.agent.dissociate(ACCOUNT.namespace, ACCOUNT.serviceAccount);
    const sidecar = await bench.start();
    expect(codeOf(await firstAnswer(sidecar))).toBe('503 AgentNoAssociation');
    bench.agent.associate({ ...ACCOUNT, roleArn: BASE });
    await answerOf(sidecar, 200);
  });

  test('one role that fails does not hold up another', async () => {
    const denied = { hops: [hop('arn:aws:iam::444444444444:role/none')] };
    const sidecar = await bench.start({ roles: { default: {}, denied } });
    await answerOf(sidecar, 200);
    const headers = { authorization: bench.files.readToken('denied') };
    await eventually(
      '403',
      async () => (await sidecar.ask({ path: '/v1/credentials/denied', headers })).status === 403,
    );
    expect((await sidecar.ask()).status).toBe(200);
  });
});
