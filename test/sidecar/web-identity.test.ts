/** `webIdentity`: the target by AssumeRoleWithWebIdentity, alone or before the chain. */
import type { RoleConfig } from '@rolechain/shared';
import { mayAssume, trustRole, trustServiceAccount } from '@rolechain/doubles/fixtures.ts';
import { isStarved } from '../faults/slowness.ts';
import { answerOf, BASE, codeOf, EXTERNAL_ID, hop, ISSUER, ORDERS, OUTAGE, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { RunningSidecar } from './harness.ts';

const bench = useBench();
const token = { type: 'projected' } as const;
const ONLY: Partial<RoleConfig> = {
  source: undefined,
  webIdentity: { mode: 'only', token },
  hops: [hop(ORDERS, { durationSeconds: 7200, policy: '{"Version":"2012-10-17","Statement":[]}' })],
};
const PREFER: Partial<RoleConfig> = { webIdentity: { mode: 'prefer', token } };

const byWebIdentity = () => trustServiceAccount(ORDERS, ISSUER, 'shop', 'orders');
const byChain = () => trustRole(BASE, { externalId: EXTERNAL_ID });
const actions = (): string[] => bench.sts.requests.map(({ action, answer }) => `${action} ${answer}`);
/** Without calls that the sidecar gave up after 5 s and made again, where the machine let it wait for so long. */
const actionsOf = ({ pid }: RunningSidecar): string[] =>
  isStarved(pid) ? actions().filter((one, index, all) => one !== all[index - 1]) : actions();

/** Waits until a session has come this way, and only this way. */
async function servedBy(sidecar: RunningSidecar, last: string): Promise<void> {
  await eventually(last, async () => (await sidecar.ask()).status === 200 && actions().at(-1) === last);
}

test('only: one call, with the duration and policy of the target and nothing else; no base identity is asked for', async () => {
  bench.sts.setRole({ arn: ORDERS, trust: byWebIdentity(), maxSessionDuration: 7200, permissions: mayAssume(BASE) });
  const sidecar = await bench.start({ roles: { default: ONLY } });
  expect((await answerOf(sidecar, 200)).data.AccountId).toBe('222222222222');
  expect(actions()).toEqual(['AssumeRoleWithWebIdentity ok']);
  const { WebIdentityToken: _token, ...sent } = bench.sts.requests[0]?.parameters ?? {};
  expect(sent).toEqual({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: ORDERS,
    RoleSessionName: 'shop.orders-1',
    DurationSeconds: '7200',
    Policy: '{"Version":"2012-10-17","Statement":[]}',
  });
  expect(bench.agent.requests).toHaveLength(0);
  expect((await sidecar.health('/status')).data).toMatchObject({ roles: { default: { source: 'web-identity' } } });
});

test('only: a refusal is the answer, and says what the trust policy lacks', async () => {
  const { data, status } = await answerOf(await bench.start({ roles: { default: ONLY } }), 403);
  expect([status, data.Code]).toEqual([403, 'StsAccessDenied']);
  expect(data.Message).toMatch(/trust policy of \S+role\/orders must allow sts:AssumeRoleWithWebIdentity/);
});

test('prefer: by web identity where the target trusts it; its ExternalId is not sent there', async () => {
  bench.sts.setTrust(ORDERS, byWebIdentity());
  const sidecar = await bench.start({ roles: { default: PREFER } });
  await answerOf(sidecar, 200);
  expect(actions()).toEqual(['AssumeRoleWithWebIdentity ok']);
  expect(bench.sts.requests[0]?.parameters).not.toHaveProperty('ExternalId');
});

test('prefer: the chain where it does not, with the ExternalId; web identity again once it does', async () => {
  bench.sts.setSessionSeconds(6);
  bench.sts.setTrust(ORDERS, byChain());
  const sidecar = await bench.start({ roles: { default: PREFER } });
  await answerOf(sidecar, 200);
  expect(actions().slice(0, 2)).toEqual(['AssumeRoleWithWebIdentity AccessDenied', 'AssumeRole ok']);
  expect(bench.sts.requests[1]?.parameters.ExternalId).toBe(EXTERNAL_ID);
  bench.sts.setTrust(ORDERS, { Statement: [...byChain().Statement, ...byWebIdentity().Statement] });
  await servedBy(sidecar, 'AssumeRoleWithWebIdentity ok');
});

test('prefer: an issuer that the account does not know falls back too', async () => {
  bench.files.writeToken('irsaToken', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyIn0.c2ln');
  bench.sts.setTrust(ORDERS, byChain());
  const sidecar = await bench.start({ roles: { default: PREFER } });
  await answerOf(sidecar, 200);
  expect(actionsOf(sidecar)).toEqual(['AssumeRoleWithWebIdentity InvalidIdentityToken', 'AssumeRole ok']);
});

test.each(['reset', OUTAGE, { status: 400, code: 'IDPCommunicationError', message: 'x' }] as const)(
  'prefer: %j passes, so it is waited for and the chain is not walked',
  async (fault) => {
    // Both ways are open.
    bench.sts.setTrust(ORDERS, { Statement: [...byChain().Statement, ...byWebIdentity().Statement] });
    bench.sts.failWhen((seen) => (seen.action === 'AssumeRoleWithWebIdentity' ? fault : undefined));
    const sidecar = await bench.start({ roles: { default: PREFER } });
    const first = codeOf(await answerOf(sidecar, 503));
    // A request is held for less than a call may take on such a machine.
    if (!isStarved(sidecar.pid)) expect(first).toMatch(/^503 Sts/);
    await eventually('STS is named', async () => codeOf(await sidecar.ask()).startsWith('503 Sts'));
    await eventually('three tries', () => bench.sts.requests.length >= 3);
    expect(actions().filter((one) => one.startsWith('AssumeRole '))).toEqual([]);
    bench.sts.heal();
    await servedBy(sidecar, 'AssumeRoleWithWebIdentity ok');
  },
);

test('prefer: where both ways are closed, the answer names both', async () => {
  bench.sts.setTrust(ORDERS, { Statement: [] });
  const { data } = await answerOf(await bench.start({ roles: { default: PREFER } }), 403);
  expect(data.Message).toMatch(
    /Not allowed: sts:AssumeRole on .* Before it, web identity: .*AssumeRoleWithWebIdentity/,
  );
});
