/**
 * The programs that docs/quick-start.md calls, for a machine without AWS, without nodes and without a container runtime: kubectl and
 * `rolechain` are the real ones, the AWS CLI is AWS' own in front of moto. What can't be had here takes its arguments, which the test
 * then holds against what the program's own documentation says of them.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSecret } from '@rolechain/kit/record.ts';
import { run } from '../node/run.ts';
import { ROOT } from '../fixture/install.ts';

export interface Parts {
  readonly kubectl: string;
  /** Python that has the AWS CLI. */
  readonly awsCLI: string;
  /** moto's address. */
  readonly url: string;
}

export interface Programs {
  /** Name → path. */
  readonly paths: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Calls of programs that were not run, one a line. */
  readonly calls: () => string[];
  /** What the AWS CLI prints, as somebody with this profile. */
  readonly aws: (profile: Profile, ...args: string[]) => Promise<string>;
  readonly remove: () => void;
}

const ACCOUNTS = { base: '111111111111', target: '222222222222', default: '222222222222' } as const;
export type Profile = keyof typeof ACCOUNTS;

export async function makePrograms({ kubectl, awsCLI, url }: Parts): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-quick-start-'));
  const callsFile = join(folder, 'calls');
  writeFileSync(callsFile, '');
  const env = {
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_ENDPOINT_URL: url,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    TMPDIR: folder,
  };
  writeFileSync(env.AWS_CONFIG_FILE, await profiles(awsCLI, env));
  const keys = `AWS_ACCESS_KEY_ID=AKIAQUICKSTART${process.pid}\nAWS_SECRET_ACCESS_KEY=${isSecret('secret access key', `quick-start-of-${process.pid}`)}\n`;
  writeFileSync(join(folder, 'keys'), keys);

  const cli = `exec ${awsCLI} -m awscli "$@"`;
  const scripts = {
    kubectl: [`exec ${kubectl} "$@"`],
    aws: [
      // The second version alone has it, which no package registry has.
      `if [ "$*" = 'configure export-credentials --format env-no-export' ]; then exec cat ${folder}/keys; fi`,
      // moto has no add-ons and no associations: the CLI then checks the parameters by AWS' own model of the service.
      `if [ "$1" = eks ]; then echo "aws $*" >> ${callsFile}; set -- "$@" --generate-cli-skeleton output; fi`,
      cli,
    ],
    npx: [
      `if [ "$*" = '-y pnpm@10 install --frozen-lockfile' ]; then exit; fi`,
      `if [ "$1 $2 $3" = '-y pnpm@10 rolechain' ]; then shift 3`,
      `elif [ "$1 $2 $3 $4 $5" = '-y pnpm@10 exec node cli/src/main.ts' ]; then shift 5; else exit 99; fi`,
      // 1: something found that a person should see.
      `${process.execPath} ${ROOT}/cli/src/main.ts "$@" || [ $? = 1 ]`,
    ],
    ...Object.fromEntries(
      ['kind', 'docker'].map((name) => [
        name,
        [`echo "${name} $*" >> ${callsFile}`, `case "$*" in *--password-stdin*) cat > ${folder}/ended;; esac`],
      ]),
    ),
  };
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const paths = Object.entries(scripts).map(([name, lines]) => {
    const path = join(bin, name);
    writeFileSync(path, ['#!/bin/bash', 'set -eo pipefail', ...lines, ''].join('\n'));
    chmodSync(path, 0o755);
    return [name, path] as const;
  });
  return {
    paths: Object.fromEntries(paths),
    env,
    calls: () => readFileSync(callsFile, 'utf8').split('\n').slice(0, -1),
    aws: (profile, ...args) =>
      run(awsCLI, ['-m', 'awscli', '--profile', profile, ...args], { env: { PATH: process.env.PATH, ...env } }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A config file with keys of each account. To moto any key is one of its default account, but for those of a session. */
async function profiles(python: string, env: Readonly<Record<string, string>>): Promise<string> {
  const texts = Object.entries(ACCOUNTS).map(async ([name, account]) => {
    const args = ['sts', 'assume-role', '--role-session-name', 'admin', '--output', 'json', '--region', 'eu-central-1'];
    const own = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
    const role = `arn:aws:iam::${account}:role/admin`;
    const said = await run(python, ['-m', 'awscli', ...args, '--role-arn', role], { env: { ...own, ...env } });
    const { Credentials } = JSON.parse(said) as { Credentials: Record<string, string> };
    return [
      name === 'default' ? '[default]' : `[profile ${name}]`,
      'region = eu-central-1',
      `aws_access_key_id = ${Credentials.AccessKeyId}`,
      `aws_secret_access_key = ${isSecret('secret access key', Credentials.SecretAccessKey ?? '')}`,
      `aws_session_token = ${isSecret('session token', Credentials.SessionToken ?? '')}`,
    ].join('\n');
  });
  return `${(await Promise.all(texts)).join('\n')}\n`;
}
