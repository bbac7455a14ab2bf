/** Profiles whose credential_process is `rolechain credential-process`, or the script of docs/cli.md, in SDKs of others. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { heard } from '@rolechain/kit/record.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { AWS_CLI, BOTOCORE, locatePython } from '../clients/python.ts';
import { ROOT } from '../fixture/install.ts';
import { tryRun, type Ran } from '../node/run.ts';
import { ORDERS, REGION, useBench } from '../sidecar/bench.ts';
import { credentialsOf, startContainer } from './container.ts';
import { PROGRAM, rolechain } from './program.ts';

const bench = useBench();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-profile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A config file with a profile that runs this command. */
function profileOf(command: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const config = join(folder, 'config');
  writeFileSync(config, `[profile orders]\nregion = ${REGION}\ncredential_process = ${command}\n`);
  // The container's own variables would be used before any profile, but for AWS_PROFILE.
  return { PATH: process.env.PATH ?? '', HOME: folder, AWS_CONFIG_FILE: config, AWS_PROFILE: 'orders', ...env };
}
/** botocore's default chain, which reads AWS_PROFILE. */
const WHO = `
import sys, botocore.session
session = botocore.session.get_session()
print(session.create_client("sts", endpoint_url=sys.argv[1]).get_caller_identity()["Arn"])
`;
const COMMAND = `${process.execPath} ${PROGRAM} credential-process`;
const ARN = 'arn:aws:sts::222222222222:assumed-role/orders/shop.orders-1';

describeWhen('botocore', locatePython(BOTOCORE), clientTests('botocore'), '');
describeWhen('the AWS CLI', locatePython(AWS_CLI), clientTests('AWS CLI'), '');

function clientTests(client: 'botocore' | 'AWS CLI') {
  return (python: string): void => {
    const ask = (env: Readonly<Record<string, string>>): Promise<Ran> => {
      const url = bench.sts.url;
      const args =
        client === 'botocore'
          ? ['-c', WHO, url]
          : ['-m', 'awscli', 'sts', 'get-caller-identity', '--query=Arn', '--output=text', `--endpoint-url=${url}`];
      return tryRun(python, args, { env: { ...env } });
    };

    test('is the role of a profile', async () => {
      const { code, stdout, stderr } = await ask(profileOf(COMMAND, await startContainer(bench)));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(ARN);
    });

    test('repeats what the command says where it fails, and knows that it failed', async () => {
      bench.sts.setTrust(ORDERS, { Statement: [] });
      const { code, stdout, stderr } = await ask(profileOf(COMMAND, await startContainer(bench)));
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/error StsAccessDenied: STS refused/);
      heard('output of the command line', stderr);
    });
  };
}

/** The script of docs/cli.md, for containers without Node. */
const SCRIPT = /```sh\n(#!\/bin\/sh\n[^`]*jq[^`]*)```/.exec(readFileSync(join(ROOT, 'docs/cli.md'), 'utf8'))?.[1] ?? '';
const lacking = ['curl', 'jq'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
const tools = lacking.length === 0 ? 'sh' : { reason: `${lacking.join(' and ')} are not installed` };

describeWhen(
  'the script of docs/cli.md for a container without Node',
  tools,
  () => {
    let script: string;
    beforeEach(() => {
      script = join(folder, 'bin', 'credentials');
      mkdirSync(dirname(script));
      writeFileSync(script, SCRIPT, { mode: 0o755 });
    });
    const runScript = (env: Readonly<Record<string, string>>): Promise<Ran> =>
      tryRun(script, [], { env: { PATH: process.env.PATH, ...env } });

    test('prints what the command prints', async () => {
      const env = await startContainer(bench);
      const { AccountId: _, ...own } = credentialsOf(
        await rolechain(['credential-process'], { env, printsSecret: true }),
      );
      const { code, stdout, stderr } = await runScript({
        ...env,
        HTTP_PROXY: 'http://127.0.0.1:9',
        http_proxy: 'http://127.0.0.1:9',
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual(own);
    });

    test('fails where the sidecar refuses, and prints nothing on standard output', async () => {
      bench.sts.setTrust(ORDERS, { Statement: [] });
      const { code, stdout, stderr } = await runScript(await startContainer(bench));
      expect({ code, stdout }).toEqual({ code: expect.any(Number), stdout: '' });
      expect(code).not.toBe(0);
      heard('output of the command line', stderr);
    });

    const python = locatePython(BOTOCORE);
    (typeof python === 'string' ? test : test.skip)('serves a profile of botocore', async () => {
      const { stdout, stderr } = await tryRun(python as string, ['-c', WHO, bench.sts.url], {
        env: profileOf(script, await startContainer(bench)),
      });
      expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining(ARN), stderr: '' });
    });
  },
  '',
);
