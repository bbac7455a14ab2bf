/** Where an SDK is asked: an endpoint that gives it the role, files that would pass the role by, and a proxy. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { ENV } from '@rolechain/shared';
import { GROUPS, KEYS, effectOf, fill, type Effect, type Files } from './effects.ts';
import type { Observation } from './observed.ts';
import type { Sdk } from './programs.ts';

/** An SDK that waits for an address that doesn't answer is ended. */
const LONGEST_MS = 30_000;
const TOKEN = 'opensesame';
const SECRET = 'secretsecretsecretsecretsecretsecretsecr';

export interface World {
  readonly files: Files;
  readonly env: Readonly<Record<string, string>>;
  readonly proxy: string;
  /** How many requests came to the proxy so far. */
  readonly proxied: () => number;
  readonly close: () => void;
}

/** Listens on 127.0.0.1 until it is closed. */
export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-sdks-'));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const keys = `aws_access_key_id = ${KEYS.file}\naws_secret_access_key = ${SECRET}\n`;
  const files = {
    credentials: write('credentials', `[default]\n${keys}[other]\n${keys}`),
    config: write('config', `[default]\nregion = eu-central-1\n${keys}[profile other]\nregion = eu-central-1\n${keys}`),
    ec2: write('ec2', `AWSAccessKeyId=${KEYS.file}\nAWSSecretKey=${SECRET}\n`),
    boto: write('boto', `[Credentials]\n${keys}`),
    certificate: write('ca.pem', rootCertificates[0] ?? ''),
    token: write('token', 'e30.e30.c2ln'),
  };
  // Profiles are found in the home's own files; without a profile of theirs those have none for [default].
  mkdirSync(join(folder, 'home', '.aws'), { recursive: true });
  write('home/.aws/credentials', `[other]\n${keys}`);
  const body = JSON.stringify({
    AccessKeyId: KEYS.role,
    SecretAccessKey: SECRET,
    Token: 'token',
    AccountId: '222222222222',
    Expiration: `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`,
  });
  const server = createServer((request, response) => {
    const ok = request.headers.authorization === TOKEN;
    response.writeHead(ok ? 200 : 401, { 'content-type': 'application/json' }).end(ok ? body : '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let proxied = 0;
  const proxy = createServer((_request, response) => {
    proxied++;
    response.writeHead(502).end();
  });
  proxy.on('connect', (_request, socket) => {
    proxied++;
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    [ENV.fullURI]: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/credentials`,
    [ENV.tokenFile]: write('bearer', TOKEN),
    [ENV.region]: 'eu-central-1',
    [ENV.defaultRegion]: 'eu-central-1',
    [ENV.stsRegionalEndpoints]: 'regional',
    [ENV.metadataDisabled]: 'true',
    // No SDK that knows it calls AWS.
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
    AWS_MAX_ATTEMPTS: '1',
    // Java takes its home from the system's list of users.
    JAVA_TOOL_OPTIONS: `-Duser.home=${join(folder, 'home')}`,
  };
  const close = (): void => {
    server.closeAllConnections();
    server.close();
    proxy.closeAllConnections();
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { files, env, proxy: at, proxied: () => proxied, close };
}

/** What the program prints in this environment, and its words where it fails. */
export function ask(
  { command: [program = '', ...args] }: Sdk,
  env: Readonly<Record<string, string>>,
): Promise<[Effect, string]> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: LONGEST_MS }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find((one) => one.startsWith('{'));
      const printed = line === undefined ? {} : (JSON.parse(line) as { key?: string; error?: string });
      resolve([error?.killed ? 'unsure' : effectOf(printed), printed.error ?? stderr.slice(0, 300)]);
    });
  });
}

/** The environment of an SDK that is the role. */
export function roleEnv({ tokenInEnv }: Pick<Sdk, 'tokenInEnv'>, { env }: World): World['env'] {
  return { ...env, ...(tokenInEnv ? { [ENV.token]: TOKEN } : {}) };
}

/** Each of these variables alone, and the groups among them. */
export function groupsOf(names: readonly string[]): (readonly string[])[] {
  return [...names.map((name) => [name]), ...GROUPS.filter((group) => group.every((name) => names.includes(name)))];
}

/** Asks with each group of variables, filled and empty; those that leave the role in place are left out. */
export async function askAll(sdk: Sdk, groups: readonly (readonly string[])[], world: World): Promise<Observation[]> {
  const observations: Observation[] = [];
  for (const variables of groups) {
    for (const value of ['filled', 'empty'] as const) {
      const set = variables.map((name) => [name, value === 'empty' ? '' : fill(name, world.files)]);
      const [effect, said] = await ask(sdk, { ...roleEnv(sdk, world), ...Object.fromEntries(set) });
      if (effect === 'role') continue;
      // Without the folders of this machine.
      const words = said
        .replaceAll(/\/[\w.@+~/-]+\//g, '')
        .replaceAll(/\s+/g, ' ')
        .slice(0, 160);
      observations.push({ variables, value, effect, ...(words === '' ? {} : { words }) });
    }
  }
  return observations;
}
