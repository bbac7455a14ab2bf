import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { eventually } from '@rolechain/kit/until.ts';
import { mayAssume, trustPodIdentity, trustRole } from './fixtures.ts';
import { BASE, ORDERS, assume, createSdkClients, keysOf, whoAmI } from './sdk-client.ts';
import { startSts, type IssuedCredentials, type StsDouble } from './sts.ts';

let sts: StsDouble;
let base: IssuedCredentials;
let now: number;
const clients = createSdkClients(() => sts.url, 'eu-central-1');
const client = clients.make;

beforeEach(async () => {
  now = Date.now();
  sts = await startSts({
    clock: () => now,
    roles: [
      { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
      { arn: ORDERS, trust: trustRole(BASE, { externalId: 'shop-1' }) },
    ],
  });
  base = sts.issue({ roleArn: BASE, sessionName: 'pod-1' });
});

afterEach(async () => {
  clients.destroy();
  await sts.close();
});

const status = (code: number) => ({ $metadata: expect.objectContaining({ httpStatusCode: code }) });

test('requests are recorded', async () => {
  await assume(client(base));
  expect(sts.requests).toEqual([
    {
      action: 'AssumeRole',
      parameters: expect.objectContaining({ RoleArn: ORDERS, ExternalId: 'shop-1', RoleSessionName: 'shop.pod-1' }),
      time: now,
      signature: 'valid',
      callerArn: 'arn:aws:sts::111111111111:assumed-role/base/pod-1',
      userAgent: expect.stringContaining('aws-sdk-js'),
      answer: 'ok',
    },
  ]);
});

test('short sessions can be handed out', async () => {
  sts.setSessionSeconds(5);
  const answer = await assume(client(base), { DurationSeconds: 900 });
  expect(answer.Credentials?.Expiration).toEqual(new Date((Math.floor(now / 1000) + 5) * 1000));
  now += 5000;
  await expect(whoAmI(client(keysOf(answer)))).rejects.toMatchObject({ name: 'ExpiredToken' });
});

test('errors come as often as asked for, then the right answers again', async () => {
  sts.failNext(2, { status: 400, code: 'Throttling', message: 'Rate exceeded' });
  sts.failNext(1, { status: 503, code: 'ServiceUnavailable', message: 'later' });
  const by = client(base);
  await expect(assume(by)).rejects.toMatchObject({ name: 'Throttling', message: 'Rate exceeded', ...status(400) });
  await expect(assume(by)).rejects.toMatchObject({ name: 'Throttling' });
  await expect(assume(by)).rejects.toMatchObject({ name: 'ServiceUnavailable', ...status(503) });
  await expect(assume(by)).resolves.toHaveProperty('Credentials');
  expect(sts.requests.map(({ answer }) => answer)).toEqual(['Throttling', 'Throttling', 'ServiceUnavailable', 'ok']);
});

test('a rule fails what it names', async () => {
  const denied = { status: 403, code: 'AccessDenied', message: 'no' };
  sts.failWhen(({ action }) => (action === 'AssumeRole' ? denied : undefined));
  await expect(whoAmI(client(base))).resolves.toHaveProperty('Arn');
  await expect(assume(client(base))).rejects.toMatchObject({ name: 'AccessDenied', message: 'no' });
  sts.heal();
  await expect(assume(client(base))).resolves.toHaveProperty('Credentials');
});

test('a reset, nonsense, a hang and a delay', async () => {
  const by = client(base);
  sts.failNext(1, 'reset');
  await expect(whoAmI(by)).rejects.toThrow(/ECONNRESET/);
  sts.failNext(1, 'nonsense');
  expect(await whoAmI(by).catch((error: unknown) => error)).not.toHaveProperty('Arn');
  sts.failNext(1, 'hang');
  const patience = new AbortController();
  const hanging = by.send(new GetCallerIdentityCommand({}), { abortSignal: patience.signal });
  const gaveUp = expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
  await eventually('the third request', () => sts.requests.length >= 3, { everyMs: 5 });
  patience.abort();
  await gaveUp;
  sts.failNext(1, { delayMs: 60 });
  const before = performance.now();
  await expect(whoAmI(by)).resolves.toHaveProperty('Arn');
  expect(performance.now() - before).toBeGreaterThan(55);
  expect(sts.requests.map(({ answer }) => answer)).toEqual(['reset', 'nonsense', 'hang', 'ok']);
});

test('closing ends hanging requests, and the port can be taken again', async () => {
  sts.failNext(1, 'hang');
  sts.failNext(1, { delayMs: 60_000 });
  const hanging = [whoAmI(client(base)), whoAmI(client(base))].map((call) => call.catch((error: unknown) => error));
  await eventually('both requests', () => sts.requests.length >= 2, { everyMs: 5 });
  await sts.close();
  for (const error of await Promise.all(hanging)) expect(error).toBeInstanceOf(Error);
  const again = await startSts({ roles: [], port: sts.port });
  expect(again.url).toBe(sts.url);
  await again.close();
});

test('other actions and methods are refused', async () => {
  const response = await fetch(`${sts.url}/?Action=GetCallerIdentity`);
  expect(response.status).toBe(405);
  await expect(client(base).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
    name: 'InvalidAction',
    message: 'Could not find operation GetSessionToken for version 2011-06-15',
  });
});

test('a role that can not be judged is refused at the start', async () => {
  await expect(startSts({ roles: [{ arn: 'x', trust: trustPodIdentity() }] })).rejects.toThrow(/not an IAM role ARN/);
});
