/** The program as a process: what it does where its output goes. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describeWhen } from '@rolechain/kit/when.ts';
import { ROOT } from '../fixture/install.ts';
import { PROGRAM, rolechain } from './program.ts';

const FULL = '/dev/full';
const MANIFESTS = join(ROOT, 'demo/orders.yaml');

test('through a pipe there are no colours, in CI neither', async () => {
  const { stdout, stderr, code } = await rolechain(['explain', '-f', MANIFESTS], { env: { CI: 'true' } });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain('\u001b');
  const failed = await rolechain(['explain', '-f', '/nonexistent'], { env: { CI: 'true' } });
  expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/^error FileUnreadable: /)]);
});

describeWhen<string>(
  'where the disk is full',
  existsSync(FULL) ? FULL : { reason: 'This system has no /dev/full.' },
  (device) => {
    test('it is told, and is no success', () => {
      const full = openSync(device, 'w');
      const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'explain', '-f', MANIFESTS], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
      closeSync(full);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^error OutputUnwritable: .*ENOSPC/)]);
    });
  },
  FULL,
);
