/**
 * `node test/clients/by-hand/takeover.ts COMMAND...`: starts a sidecar and the command, an application that asks for
 * credentials again and again. Kills the sidecar, gives its port to somebody else for 3 s, starts it again; then kills it
 * once more, and keeps it from writing the new token for 3 s after it has bound its port. Shows what the application
 * wrote and when. For SDKs that are too large for `test`: see README.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATHS, tokenFile } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { startAgent } from '@rolechain/doubles/agent.ts';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import { makeServiceAccountToken, makeSigningKey } from '@rolechain/doubles/jwt.ts';
import { startSts } from '@rolechain/doubles/sts.ts';
import { ACCOUNT, BASE, EXTERNAL_ID, ISSUER, ORDERS, ORDERS_ROLE, REGION } from '../../sidecar/bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { bundlePrograms, makePodFiles, startSidecar } from '../../sidecar/harness.ts';
import { takePort } from '../../sidecar/intruder.ts';

const SETTLE_MS = 6_000;
const OUTAGE_MS = 3_000;
const AFTER_MS = 15_000;

const [command = '', ...args] = process.argv.slice(2);
const began = Date.now();
const tell = (text: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(2).padStart(7)}  ${text}`);

const key = makeSigningKey();
const roles = [
  { arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(ORDERS) },
  { arn: ORDERS, trust: trustRole(BASE, { externalId: EXTERNAL_ID }) },
];
const sts = await startSts({ region: REGION, roles });
const agent = await startAgent({ sts, associations: [{ ...ACCOUNT, roleArn: BASE }], keys: [key.publicKey] });
const files = makePodFiles();
const pod = { name: 'orders-1', uid: 'u-1' };
const identity = { ...ACCOUNT, pod, audience: 'pods.eks.amazonaws.com', expiresInSeconds: 3600, key, issuer: ISSUER };
files.writeToken('podIdentityToken', makeServiceAccountToken(identity));
const programs = await bundlePrograms();
const ports = { credentials: await freePort(), health: await freePort() };
const agentEndpoints = [agent.credentialsUrl];
const config = { ...ACCOUNT, agentEndpoints, stsEndpoint: sts.url, roles: { default: ORDERS_ROLE }, ports };
const start = (): ReturnType<typeof startSidecar> => startSidecar({ programs, files, config });

const first = await start();
await eventually('it serves', async () => (await first.ask()).status === 200);
const application = spawn(command, args, {
  env: {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${ports.credentials}${PATHS.credentials}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(files.root, tokenFile('default')),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
createInterface(application.stdout).on('line', tell);
await sleep(SETTLE_MS);

const old = files.readToken();
first.signal('SIGKILL');
await first.ended;
tell('-- the sidecar is killed, somebody else has its port');
const intruder = await takePort(ports.credentials);
await sleep(OUTAGE_MS);
await intruder.giveBack();
tell(`-- the port is given back: ${intruder.collected.length} requests, the last one without an answer`);
const second = await start();
await eventually('a new token', () => files.readToken() !== old);
tell('-- the sidecar has written a new token');
await sleep(AFTER_MS);

second.signal('SIGKILL');
await second.ended;
const between = files.readToken();
const inTheWay = join(files.root, `${tokenFile('default')}.new`);
mkdirSync(inTheWay);
const third = await start();
await eventually('the port is bound', () => third.output().out.includes('TokenUnwritable'));
tell('-- killed and started again: the port is bound, the token is still the old one');
await sleep(OUTAGE_MS);
rmdirSync(inTheWay);
await eventually('a new token', () => files.readToken() !== between);
tell('-- the sidecar has written a new token');
await sleep(AFTER_MS);
const { body } = await third.health(PATHS.metrics);
tell(`-- ${[...body.matchAll(/^rolechain_requests_total.*$/gm)].map(([line]) => line).join(', ')}`);

application.kill('SIGKILL');
await once(application, 'close');
await third.stop();
await Promise.all([agent.close(), sts.close()]);
files.remove();
programs.remove();
