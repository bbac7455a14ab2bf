/** What another pod reaches of the sidecar: two network namespaces on one wire, as two pods of a node have them. */
import { spawnSync } from 'node:child_process';
import { ENV, PATHS, PORTS } from '@rolechain/shared';
import { PATIENCE_MS } from '@rolechain/kit/until.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { hop, ORDERS, ORDERS_ROLE, ACCOUNT } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import {
  bundlePrograms,
  makePodFiles,
  startSidecar,
  type PodFiles,
  type Programs,
  type RunningSidecar,
} from './harness.ts';

const [POD, OTHER] = [`rolechain-a-${process.pid}`, `rolechain-b-${process.pid}`] as const;
/** TEST-NET-1 (RFC 5737). */
const [POD_IP, OTHER_IP] = ['192.0.2.1', '192.0.2.2'] as const;

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr}`);
}

function takeDown(): void {
  for (const name of [POD, OTHER]) spawnSync('ip', ['netns', 'delete', name]);
}

function setUp(): void {
  for (const name of [POD, OTHER]) ip('netns', 'add', name);
  ip('link', 'add', 'wire', 'netns', POD, 'type', 'veth', 'peer', 'name', 'wire', 'netns', OTHER);
  for (const [name, address] of [
    [POD, POD_IP],
    [OTHER, OTHER_IP],
  ] as const) {
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'wire');
    ip('-n', name, 'link', 'set', 'wire', 'up');
  }
  ip('-n', POD, 'link', 'set', 'lo', 'up');
  // An attacker with every right in a pod of its own: loopback addresses go out on the wire.
  ip('netns', 'exec', OTHER, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
  ip('-n', OTHER, 'route', 'add', '127.0.0.0/8', 'via', POD_IP, 'src', OTHER_IP);
}

function canSetUp(): true | Absent {
  try {
    setUp();
    return true;
  } catch (error) {
    return { reason: `no network namespaces here: ${(error as Error).message.trim()} (needs root and iproute2)` };
  } finally {
    takeDown();
  }
}

/** Nothing comes for so long: what is dropped on the way is never answered. */
const NO_ANSWER_MS = 2_000;

/** A GET from the other pod: the status, or the code of the error. */
const GET = `
const [host, port, path, timeout, authorization] = process.argv.slice(1);
const headers = { host: '127.0.0.1', ...(authorization ? { authorization } : {}) };
const call = require('node:http').get({ host, port, path, headers, timeout: Number(timeout) }, ({ statusCode }) => {
  console.log(statusCode);
  process.exit();
});
call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'no answer' })));
call.on('error', ({ code }) => console.log(code));`;

function get(
  from: string,
  host: string,
  port: number,
  path: string,
  authorization = '',
  patienceMs = PATIENCE_MS,
): string {
  const to = [host, String(port), path, String(patienceMs)];
  const args = ['netns', 'exec', from, process.execPath, '-e', GET, ...to, authorization];
  return spawnSync('ip', args, { encoding: 'utf8', timeout: 2 * PATIENCE_MS }).stdout.trim();
}

describeWhen(
  'another pod',
  canSetUp(),
  () => {
    let programs: Programs;
    let files: PodFiles;
    let sidecar: RunningSidecar;
    beforeAll(async () => {
      setUp();
      programs = await bundlePrograms();
      files = makePodFiles();
      sidecar = await startSidecar({
        programs: { ...programs, within: ['/usr/bin/env', 'ip', 'netns', 'exec', POD] },
        files,
        config: {
          ...ACCOUNT,
          agentEndpoints: ['http://169.254.170.23/v1/credentials'],
          ports: { credentials: PORTS.credentials, health: PORTS.health },
          roles: { default: { ...ORDERS_ROLE, hops: [hop(ORDERS)] } },
        },
        env: { PATH: process.env.PATH ?? '', [ENV.podIP]: POD_IP },
      });
      await eventually('it listens', () => get(POD, '127.0.0.1', PORTS.credentials, PATHS.credentials) === '401');
    });
    afterAll(async () => {
      sidecar.signal('SIGKILL');
      await sidecar.ended;
      files.remove();
      programs.remove();
      takeDown();
    });

    test('does not reach the credentials endpoint, whatever it knows and wherever it sends', () => {
      const token = files.readToken();
      // In the pod itself the token opens it: no credentials are there yet.
      expect(get(POD, '127.0.0.1', PORTS.credentials, PATHS.credentials, token)).toBe('503');
      expect(get(OTHER, POD_IP, PORTS.credentials, PATHS.credentials, token)).toBe('ECONNREFUSED');
      expect(get(OTHER, '127.0.0.1', PORTS.credentials, PATHS.credentials, token, NO_ANSWER_MS)).toBe('no answer');
    });

    test('reaches health, status and metrics', () => {
      for (const path of [PATHS.healthz, PATHS.status, PATHS.metrics]) {
        expect([path, get(OTHER, POD_IP, PORTS.health, path)]).toEqual([path, '200']);
      }
    });
  },
  true,
);
