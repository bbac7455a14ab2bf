/**
 * By hand: `node test/sdks/observe.ts` asks every SDK with every variable that its sources know, filled and empty, in
 * an environment in which it would otherwise be the role, and writes `observed.json`. It takes a quarter of an hour,
 * Go, Python, Java with Maven and Rust. `--only NAME` asks one SDK and leaves what is written of the others.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { ENV } from '@rolechain/shared';
import { GROUPS, KEYS, NO_PROXY_VALUES, PROXIES, effectOf, fill, type Effect, type Files } from './effects.ts';
import { OBSERVED_FILE, readObserved, type Observation, type Observed } from './observed.ts';
import { sdks, type Sdk } from './programs.ts';

/** An SDK that waits for an address that doesn't answer is ended. */
const TOKEN = 'opensesame';
const LONGEST_MS = 30_000;

interface World {
  readonly files: Files;
  readonly env: Readonly<Record<string, string>>;
  readonly proxy: string;
  /** How many requests came to the proxy so far. */
  readonly proxied: () => number;
  readonly close: () => void;
}

async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-sdks-'));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const keys = `aws_access_key_id = ${KEYS.file}\naws_secret_access_key = secretsecretsecretsecretsecretsecretsecr\n`;
  const files = {
    credentials: write('credentials', `[default]\n${keys}[other]\n${keys}`),
    config: write('config', `[default]\nregion = eu-central-1\n${keys}[profile other]\nregion = eu-central-1\n${keys}`),
    ec2: write('ec2', `AWSAccessKeyId=${KEYS.file}\nAWSSecretKey=secretsecretsecretsecretsecretsecretsecr\n`),
    boto: write('boto', `[Credentials]\n${keys}`),
    certificate: write('ca.pem', rootCertificates[0] ?? ''),
    token: write('token', 'e30.e30.c2ln'),
    nowhere: join(folder, 'nowhere'),
  };
  // Profiles are found in the home's own files; without a profile of theirs those have none for [default].
  mkdirSync(join(folder, 'home', '.aws'), { recursive: true });
  write('home/.aws/credentials', `[other]\n${keys}`);
  const body = JSON.stringify({
    AccessKeyId: KEYS.role,
    SecretAccessKey: 'secretsecretsecretsecretsecretsecretsecr',
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

function ask(
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

async function observe(sdk: Sdk, world: World): Promise<Observed> {
  const { files } = world;
  const env = { ...world.env, ...(sdk.tokenInEnv ? { [ENV.token]: TOKEN } : {}) };
  const [plain, words] = await ask(sdk, env);
  if (plain !== 'role') throw new Error(`${sdk.name} is not the role to begin with: ${plain} ${words}`);
  const known = sdk.known();
  const groups = [
    ...known.map((name) => [name]),
    ...GROUPS.filter((group) => group.every((name) => known.includes(name))),
  ];
  const observations: Observation[] = [];
  for (const variables of groups) {
    for (const value of ['filled', 'empty'] as const) {
      const set = Object.fromEntries(variables.map((name) => [name, value === 'empty' ? '' : fill(name, files)]));
      const [effect, said] = await ask(sdk, { ...env, ...set });
      if (effect === 'role') continue;
      const told = said.replaceAll(/\s+/g, ' ').slice(0, 160);
      observations.push({ variables, value, effect, ...(told === '' ? {} : { words: told }) });
    }
  }
  return {
    name: sdk.name,
    version: sdk.version,
    known,
    observations: [...observations, ...(await throughProxies(sdk, env, world))],
  };
}

/** Which variables send the request to a proxy, and which values of NO_PROXY keep it from there. */
async function throughProxies(sdk: Sdk, env: World['env'], { proxy, proxied }: World): Promise<Observation[]> {
  const observations: Observation[] = [];
  const isProxied = async (set: Readonly<Record<string, string>>): Promise<boolean> => {
    const before = proxied();
    await ask(sdk, { ...env, ...set });
    return proxied() > before;
  };
  for (const name of PROXIES) {
    if (!(await isProxied({ [name]: proxy }))) continue;
    const keptBy: Record<string, string[]> = {};
    for (const no of ['NO_PROXY', 'no_proxy']) {
      const kept = (keptBy[no] = [] as string[]);
      for (const noProxy of NO_PROXY_VALUES)
        if (!(await isProxied({ [name]: proxy, [no]: noProxy }))) kept.push(noProxy);
    }
    observations.push({ variables: [name], value: 'filled', effect: 'proxied', keptBy });
  }
  return observations;
}

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const world = await makeWorld();
try {
  for (const sdk of sdks().filter(({ name }) => values.only === undefined || values.only.includes(name))) {
    sdk.build();
    console.error(`${sdk.name} ${sdk.version}`);
    const observed = await observe(sdk, world);
    const before = existsSync(OBSERVED_FILE) ? readObserved() : [];
    const order = sdks().map(({ name }) => name);
    const all = [...before.filter(({ name }) => name !== sdk.name && order.includes(name)), observed];
    all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    writeFileSync(OBSERVED_FILE, `${JSON.stringify(all, undefined, 2)}\n`);
  }
} finally {
  world.close();
}
