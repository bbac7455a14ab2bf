/** `credentialSource: environment` never asks a metadata service, whatever its files say (contract, section 1). */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import type { Asked } from './metadata/asking.ts';

const WAYS = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
] as const;
const ADD = ['169.254.169.254/32', '169.254.170.2/32', '169.254.170.23/32', 'fd00:ec2::254/128', 'fd00:ec2::23/128'];
const SET_UP = ['ip link set lo up', ...ADD.map((address) => `ip addr add ${address} dev lo nodad`)]
  .join(' && ')
  .replaceAll('/32 dev lo nodad', '/32 dev lo');

/** A command that makes a network namespace with the metadata addresses, and runs what follows it there. */
function namespaceCommand(): readonly string[] | Absent {
  const reasons: string[] = [];
  for (const way of WAYS) {
    const command = [...way, 'sh', '-c', `${SET_UP} && exec "$@"`, 'sh'];
    const { status, stderr, error } = spawnSync(command[0]!, [...command.slice(1), 'true'], { encoding: 'utf8' });
    if (status === 0) return command;
    reasons.push(`${way.join(' ')}: ${error?.message ?? stderr.trim()}`);
  }
  return {
    reason: `No network namespace with addresses of its own can be made here (root or user namespaces, util-linux, iproute2): ${reasons.join('; ')}`,
  };
}

describeWhen(
  'metadata addresses in a network namespace',
  namespaceCommand(),
  (command) => {
    let asked: Asked;
    beforeAll(async () => {
      const program = [process.execPath, join(import.meta.dirname, 'metadata/asking.ts')];
      const [file, ...args] = [...command, ...program] as [string, ...string[]];
      const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 2 ** 24 });
      asked = JSON.parse(stdout) as Asked;
    });

    test('every form of profile comes to what it may', () => {
      expect(asked.outcomes.length).toBeGreaterThan(1000);
      expect(asked.outcomes.filter(([, outcome, expected]) => outcome !== expected)).toEqual([]);
    });

    test('none of them sends a packet to anybody', () => {
      expect({ packets: asked.packets, requests: asked.requests }).toEqual({ packets: 0, requests: 0 });
    });

    test('the SDK’s own chain does for the same files, and the stubs see it', () => {
      expect(asked.control.accessKeyId).toBe('ASIANODE');
      expect(asked.control.requests).toBeGreaterThan(0);
      expect(asked.control.packets).toBeGreaterThan(0);
    });

    test('nor is a command told of a role, and metadata is off for it', () => {
      expect(asked.commandSees).toEqual(['true', 'none']);
    });
  },
  [],
);
