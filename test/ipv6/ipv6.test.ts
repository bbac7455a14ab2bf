/** A pod without IPv4: settings useDualstackEndpoint, containersUseDualstackEndpoint and a stsEndpoint with {region}. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolPath } from '../kubelet/isolation.ts';
import { PATIENCE_MS } from '@rolechain/kit/until.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { AGENT, DUALSTACK, POD, STS, type Seen } from './seen.ts';

const env = { ...process.env, PATH: toolPath() };
const addresses = [AGENT, POD, STS].map((address) => `ip -6 addr add ${address}/128 dev lo nodad`);
const network = ['set -e', 'ip link set lo up', ...addresses];

/** A command that runs what follows it in a namespace with these addresses, or why there is none. */
function findWay(): readonly string[] | Absent {
  const asUser = ['unshare', '--user', '--map-root-user', '--net', '--mount'];
  const reasons: string[] = [];
  for (const way of process.getuid?.() === 0 ? [['unshare', '--net', '--mount'], asUser] : [asUser]) {
    try {
      const [command = '', ...args] = way;
      execFileSync(command, [...args, 'sh', '-c', network.join('\n')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      return way;
    } catch (error) {
      reasons.push((error instanceof Error ? error.message : String(error)).split('\n', 2).join(' '));
    }
  }
  return { reason: `No network namespace with IPv6 can be made here: ${reasons.join('; ')}` };
}

describeWhen(
  'without IPv4',
  findWay(),
  (way) => {
    let seen: Seen;
    beforeAll(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'rolechain-ipv6-'));
      try {
        const hosts = join(folder, 'hosts');
        writeFileSync(hosts, `127.0.0.1 localhost\n${STS} ${DUALSTACK}\n`);
        const nobody = join(folder, 'resolv.conf');
        writeFileSync(nobody, 'nameserver ::1\noptions timeout:1 attempts:1\n');
        const mounts = [`mount --bind ${hosts} /etc/hosts`, `mount --bind ${nobody} /etc/resolv.conf`];
        const script = [...network, ...mounts, 'exec "$@"'].join('\n');
        const program = [process.execPath, join(import.meta.dirname, 'inside.ts')];
        const [command = '', ...args] = [...way, 'sh', '-c', script, 'sh', ...program];
        const { stdout } = await promisify(execFile)(command, args, { env, timeout: 4 * PATIENCE_MS });
        seen = JSON.parse(stdout) as Seen;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }, 5 * PATIENCE_MS);

    test('the namespace has no IPv4 but loopback', () => expect(seen.addresses).toEqual(['127.0.0.1']));

    test("the sidecar reaches STS by its dual-stack name, and the agent by IPv6; the Region's usual name is no way", () => {
      expect([seen.dualstack, seen.pattern, seen.usual]).toEqual(['credentials', 'credentials', 'StsUnreachable']);
      expect(new Set(seen.hosts)).toEqual(new Set([DUALSTACK]));
    });

    test("health is served at the pod's address", () => expect(seen.ready).toBe(200));

    test('an SDK gets its credentials on loopback; AWS_USE_DUALSTACK_ENDPOINT leads it to the service', () => {
      const [with_, without] = seen.callers;
      expect(with_).toMatch(/^arn:aws:sts::222222222222:assumed-role\/orders\//);
      expect(without).not.toContain('arn:');
    });
  },
  [],
);
