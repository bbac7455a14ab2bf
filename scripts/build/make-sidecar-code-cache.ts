/**
 * Makes the code cache of the sidecar beside it: runs the program until it has fetched and served credentials, from a
 * stand-in for the agent and STS, and writes down what V8 has compiled by then. Runs in the image's build on the
 * image's node, so it is a bundle of its own and needs nothing but Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { freePort } from '@rolechain/kit/free-port.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { ENV, PATHS, tokenFile, writeSidecarConfig, type SidecarConfig } from '@rolechain/shared';
import { writeCodeCache } from './write-code-cache.ts';

const EXPIRATION = new Date(Date.now() + 3_600_000).toISOString();
const AGENT_ANSWER = JSON.stringify({
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'example',
  Token: 'example',
  AccountId: '111111111111',
  Expiration: EXPIRATION,
});
const STS_ANSWER = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:x</AssumedRoleId><Arn>arn:aws:sts::111111111111:assumed-role/x/x</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey><SessionToken>example</SessionToken>
<Expiration>${EXPIRATION}</Expiration></Credentials></AssumeRoleResult>
<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></AssumeRoleResponse>`;

const answer: RequestListener = (incoming, response) => {
  incoming.resume();
  const [type, body] = incoming.method === 'GET' ? ['application/json', AGENT_ANSWER] : ['text/xml', STS_ANSWER];
  response.setHeader('content-type', type).end(body);
};

async function prepare(root: string): Promise<() => Promise<void>> {
  const config = configOf(await listen(createServer(answer)), await freePort(), await freePort());
  mkdirSync(dirname(join(root, PATHS.baseIdentity, PATHS.podIdentityToken)), { recursive: true });
  writeFileSync(join(root, PATHS.baseIdentity, PATHS.podIdentityToken), 'e30.e30.ZXhhbXBsZQ');
  // A container's runtime sets it. Without, the SDK asks for a line of /etc/passwd, which an image may lack.
  process.env.HOME ??= '/';
  Object.assign(process.env, { [ENV.config]: writeSidecarConfig(config), [ENV.root]: root, [ENV.logLevel]: 'error' });
  return () => untilServed(root, config.ports);
}

function configOf(port: number, credentials: number, health: number): SidecarConfig {
  const hop = {
    roleARN: 'arn:aws:iam::111111111111:role/example',
    sessionName: 'example',
    durationSeconds: 3600,
    stsRegion: 'us-east-1',
  };
  const url = `http://127.0.0.1:${port}`;
  return {
    version: 1,
    namespace: 'default',
    serviceAccount: 'default',
    ports: { credentials, health },
    agentEndpoints: [`${url}/v1/credentials`],
    stsEndpoint: url,
    roles: { default: { source: { type: 'pod-identity' }, startup: 'require', hops: [hop] } },
  };
}

/** A request for credentials and one for each page of the health port, as a pod's life begins. */
async function untilServed(root: string, { credentials, health }: SidecarConfig['ports']): Promise<void> {
  await eventually('the sidecar serves credentials', async () => {
    const authorization = readFileSync(join(root, tokenFile('default')), 'latin1');
    if ((await get(credentials, PATHS.credentials, { authorization })) !== 200) return false;
    for (const path of [PATHS.healthz, PATHS.readyz]) await get(health, path);
    return true;
  });
}

async function get(port: number, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, resolve).on('error', reject).end();
  });
  response.resume();
  return response.statusCode;
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

writeCodeCache('sidecar', prepare);
