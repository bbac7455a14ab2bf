/** `rolechain credential-process`, by a real sidecar and by a chain of its own. Profiles that run it: profiles.test.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ENV } from '@rolechain/shared';
import { isSecret } from '@rolechain/kit/record.ts';
import type { ProcessCredentials } from '../../cli/src/report-schemas/credential-process.ts';
import type { Ran } from '../node/run.ts';
import { AUDIT, BASE, EXTERNAL_ID, ORDERS, REGION, useBench } from '../sidecar/bench.ts';
import { credentialsOf, startContainer } from './container.ts';
import { PROGRAM, rolechain } from './program.ts';

const bench = useBench();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-profile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>>, input = ''): Promise<Ran> =>
  rolechain(['credential-process', ...args], { env, input, printsSecret: true });

/** Whose they are, by the double of STS. */
async function callerOf(credentials: ProcessCredentials): Promise<string | undefined> {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = credentials;
  const keys = { accessKeyId, secretAccessKey, sessionToken };
  const client = new STSClient({ region: REGION, endpoint: bench.sts.url, credentials: keys });
  return (await client.send(new GetCallerIdentityCommand({}))).Arn;
}

describe('from the sidecar', () => {
  test("the container's own role, and another one by its name", async () => {
    const env = await startContainer(bench);
    const own = credentialsOf(await run([], env));
    expect(own.AccountId).toBe('222222222222');
    expect(await callerOf(own)).toBe('arn:aws:sts::222222222222:assumed-role/orders/shop.orders-1');
    expect(credentialsOf(await run(['--role', 'default'], env))).toEqual(own);
    const audit = credentialsOf(await run(['--role', 'audit'], env));
    expect(await callerOf(audit)).toBe('arn:aws:sts::333333333333:assumed-role/audit/orders-1');
  });

  test('a token in the environment alone is enough', async () => {
    const { [ENV.tokenFile]: file = '', ...env } = await startContainer(bench);
    const token = readFileSync(file, 'latin1');
    expect(credentialsOf(await run([], { ...env, [ENV.token]: token })).AccountId).toBe('222222222222');
  });

  test('its errors come in its own words, on standard error, with exit code 2', async () => {
    bench.sts.setTrust(ORDERS, { Statement: [] });
    const env = await startContainer(bench);
    const { code, stdout, stderr } = await run([], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error StsAccessDenied: STS refused: the caller may not assume this role\. .*role\/orders/);
    expect(stderr).toMatch(/\nAllow sts:AssumeRole on .*ExternalId\.\n$/);
    expect(stderr.split('STS refused: the caller').length).toBe(2);
  });

  test('what passes is asked for again, with the token of then; what does not pass is not', async () => {
    const file = join(folder, 'token');
    const token = (n: number): string => isSecret('authorization token', `token-number-${n}-of-a-listener`);
    const asked: (string | undefined)[] = [];
    const statuses = [503, 503, 200, 403];
    const server = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      const status = statuses[asked.length - 1] ?? 500;
      // A sidecar that starts again writes a new one.
      writeFileSync(file, token(asked.length));
      const error = { Code: status === 503 ? 'NotReady' : 'RoleForbidden', Message: '' };
      const keys = { AccessKeyId: 'ASIAX', SecretAccessKey: 'x', Token: 'x', Expiration: '2026-11-27T18:00:00Z' };
      response.writeHead(status).end(JSON.stringify(status === 200 ? keys : error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(file, token(0));
    const env = { [ENV.fullURI]: `http://127.0.0.1:${port}/v1/credentials`, [ENV.tokenFile]: file };
    expect(credentialsOf(await run([], env)).AccessKeyId).toBe('ASIAX');
    expect(asked).toEqual([token(0), token(1), token(2)]);
    expect(await run([], env)).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error RoleForbidden: /) });
    expect(asked).toHaveLength(4);
    server.close();
  });

  test.each(['soon', '2026-11-27T18:00:00.000Z', '2026-13-27T18:00:00Z', '2026-11-27T18:00:00+01:00'])(
    'an end of credentials that SDKs do not read alike is not passed on: %s',
    async (Expiration) => {
      const token = isSecret('authorization token', 'token-of-a-listener-of-other-times');
      const secrets = { SecretAccessKey: isSecret('secret access key', 'secret-key-of-other-times'), Token: 'x' };
      const server = createServer((_request, response) =>
        response.end(JSON.stringify({ AccessKeyId: 'ASIAX', ...secrets, Expiration })),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const env = { [ENV.fullURI]: `http://127.0.0.1:${port}/v1/credentials`, [ENV.token]: token };
      const { code, stdout, stderr } = await run([], env);
      server.close();
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error SidecarInvalidResponse: .*Its Expiration is not a time such as/);
    },
  );

  test.each([
    [
      'no sidecar',
      {},
      ['--role', 'orders'],
      /^error FileUnreadable: .*\/orders\/token \(ENOENT\)\.\nRun it in a container/,
    ],
    [
      'a name that is none',
      {},
      ['--role', '../x'],
      /^error UsageInvalid: .*--role takes the name of a role\.\nSee --help\.\n$/,
    ],
    ['another form', {}, ['-o', 'yaml'], /^error UsageInvalid: .*SDKs read JSON alone\.\nLeave --output out\.\n$/],
    [
      'another server, which is sent no token',
      { [ENV.fullURI]: 'http://127.0.0.2:9/v1/credentials' },
      [],
      /^error UsageInvalid: .*FULL_URI is not that of a rolechain sidecar\./,
    ],
  ] as const)('%s', async (_name, env, args, expected) => {
    const { code, stdout, stderr } = await run(args, { ...env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });

  test('what another listener answers is not said: it may be the token that it was sent', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, isSecret('authorization token', 'a-token-that-nobody-repeats'));
    const bodies = [
      (token: string) => JSON.stringify({ Code: 'NotOurs', Message: `you sent ${token}` }),
      (token: string) => `<html>${token}`,
      () => JSON.stringify({ AccessKeyId: 'ASIA', SecretAccessKey: '' }),
    ];
    for (const body of bodies) {
      const server = createServer(({ headers }, response) => {
        response.statusCode = body === bodies[2] ? 200 : 403;
        response.end(body(headers.authorization ?? ''));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const ran = await run([], { [ENV.fullURI]: `http://127.0.0.1:${port}/v1/credentials`, [ENV.tokenFile]: file });
      server.close();
      expect(ran).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error SidecarInvalidResponse: /),
      });
      expect(ran.stderr).not.toContain('a-token-that-nobody-repeats');
    }
  });
});

const CHAIN = `roleARN: ${ORDERS}\nexternalID: ${EXTERNAL_ID}\nroles:\n  audit:\n    roleARN: ${AUDIT}\n    sessionName: '{serviceAccount}.{pod}'\n`;
const ACCOUNT = (chain: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'orders', namespace: 'shop', annotations: { 'rolechain.io/assume-role': chain } },
  });

describe('by a chain of its own', () => {
  /** As a person who is logged in: keys of the base role. */
  const base = (): Record<string, string> => {
    const { accessKeyId, secretAccessKey, sessionToken } = bench.sts.issue({ roleArn: BASE, sessionName: 'alice' });
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_STS: bench.sts.url,
      USER: 'alice',
    };
  };

  test('from keys of the environment, with the external ID of the document', async () => {
    const credentials = credentialsOf(await run(['--chain', '-'], base(), CHAIN));
    expect(credentials.AccountId).toBe('222222222222');
    expect(await callerOf(credentials)).toBe('arn:aws:sts::222222222222:assumed-role/orders/rolechain.cli-alice');
  });

  test("a ServiceAccount's, another role of it, with session names of its namespace", async () => {
    const env = base();
    const own = credentialsOf(await run(['-f', '-'], env, ACCOUNT(CHAIN)));
    expect(await callerOf(own)).toBe('arn:aws:sts::222222222222:assumed-role/orders/shop.cli-alice');
    const audit = credentialsOf(await run(['-f', '-', '--role', 'audit', '--pod', 'x'], env, ACCOUNT(CHAIN)));
    expect(await callerOf(audit)).toBe('arn:aws:sts::333333333333:assumed-role/audit/orders.x');
  });

  test('an external ID of a Secret stands in a folder', async () => {
    const from = `{roleARN: "${ORDERS}", externalIDFrom: {secretKeyRef: {name: orders-aws, key: id}}}`;
    const missing = await run(['--chain', '-', '--external-ids', folder], base(), from);
    expect(missing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error ExternalIDMissing: /) });
    mkdirSync(join(folder, 'orders-aws'));
    // It stands in the annotations of other tests, and so is none of the secrets that nothing may say.
    writeFileSync(join(folder, 'orders-aws', 'id'), EXTERNAL_ID);
    credentialsOf(await run(['--chain', '-', '--external-ids', folder], base(), from));
  });

  test('what STS refuses is said as the sidecar says it, without the external ID', async () => {
    const wrong = 'another-external-id';
    const { code, stdout, stderr } = await run(['--chain', '-'], base(), CHAIN.replace(EXTERNAL_ID, wrong));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^error StsAccessDenied: .*another ExternalId in the trust policy.*\nCheck 1\. the ExternalId /,
    );
    expect(stderr).not.toContain(wrong);
  });

  test.each([
    ['a document that is not valid', ['--chain', '-'], 'roleARN: x\n', /^error FileInvalid: .*roleARN is "x"/],
    [
      'a role that it does not declare',
      ['--chain', '-', '--role', 'x'],
      CHAIN,
      /^error UsageInvalid: .*no role x\.\nName one of: default, audit\./,
    ],
    [
      'a manifest without a ServiceAccount',
      ['-f', '-'],
      '{kind: Pod, metadata: {name: x}}',
      /^error FileInvalid: .*has no ServiceAccount\./,
    ],
    ['both', ['-f', '-', '--chain', '-'], '', /^error UsageInvalid: .*name two chains\.\nGive one of them\./],
  ])('%s', async (_name, args, input, expected) => {
    const { code, stdout, stderr } = await run(args, base(), input);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });

  test('without a Region, and without an identity, it says so', async () => {
    const { AWS_REGION, ...regionless } = base();
    expect((await run(['--chain', '-'], regionless, CHAIN)).stderr).toMatch(/names no Region\.\nSet AWS_REGION/);
    const nobody = { AWS_REGION: AWS_REGION ?? '', AWS_EC2_METADATA_DISABLED: 'true', HOME: folder };
    const { code, stderr } = await run(['--chain', '-'], nobody, CHAIN);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error BaseIdentityMissing: .*ended with CredentialsProviderError\.\nLog in/);
  });

  test('a profile whose command prints a secret and fails: none of it is repeated', async () => {
    const said = isSecret('secret access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
    writeFileSync(join(folder, 'config'), `[profile admin]\ncredential_process = sh -c "echo ${said} >&2; exit 1"\n`);
    const env = { AWS_CONFIG_FILE: join(folder, 'config'), AWS_REGION: REGION, HOME: folder };
    const { code, stderr } = await run(['--chain', '-', '--profile', 'admin'], env, CHAIN);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error BaseIdentityMissing: .*chain of profile admin ended with \w+\.\n/);
  });

  test('a profile that is its own base ends at once, and does not start itself for ever', async () => {
    const chain = join(folder, 'chain.yaml');
    writeFileSync(chain, CHAIN);
    const command = `${process.execPath} ${PROGRAM} credential-process --chain ${chain}`;
    writeFileSync(join(folder, 'config'), `[profile loop]\nregion = ${REGION}\ncredential_process = ${command}\n`);
    const env = { AWS_CONFIG_FILE: join(folder, 'config'), AWS_PROFILE: 'loop', AWS_REGION: REGION, HOME: folder };
    const { code, stderr } = await run(['--chain', chain], env);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^error BaseIdentityMissing: /) });
  });
});
