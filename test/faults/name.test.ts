/** The fault matrix on the real process: the STS endpoint by a name that is unknown for a while, or moves. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import type { Programs } from '../sidecar/harness.ts';
import { startFront } from './front.ts';
import { logged, testRows, type Fault } from './run.ts';

/** No resolver anywhere knows it (RFC 6761). */
const NAME = 'sts.invalid';
/** A session's half and more, so that a refresh meets the fault and the session ends. */
const SHORT = { sessionSeconds: 6, lastsMs: 8_000 };

/** Its own /etc/hosts and /etc/resolv.conf; the process stays the one that was started. */
const MOUNTS = ['hosts', 'resolv.conf'].map((name) => `mount --bind "$0/${name}" /etc/${name}`).join(' && ');

interface Names {
  /** Of a row: made with its programs. */
  folder: string;
  point(address: string | undefined): void;
  wrap(programs: Programs): Programs;
}

function makeNames(): Names {
  const names: Names = {
    folder: '',
    // In place: a new file would not be the one that is mounted.
    point: (address) =>
      writeFileSync(join(names.folder, 'hosts'), address === undefined ? '\n' : `${address} ${NAME}\n`),
    wrap: (programs) => {
      names.folder = mkdtempSync(join(tmpdir(), 'rolechain-names-'));
      folders.push(names.folder);
      mkdirSync(names.folder, { recursive: true });
      names.point('127.0.0.1');
      // Nothing listens there: the name is unknown at once.
      writeFileSync(join(names.folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
      const script = `${MOUNTS} && exec "$@"`;
      return { ...programs, within: ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', script, names.folder] };
    },
  };
  return names;
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function unknown(): Fault {
  const names = makeNames();
  return {
    fault: 'the name of STS is unknown',
    ...SHORT,
    reached: logged('StsUnreachable'),
    stsHost: NAME,
    wrap: names.wrap,
    begin: () => names.point(undefined),
    end: () => names.point('127.0.0.1'),
  };
}

function moved(): Fault {
  const names = makeNames();
  return {
    fault: 'STS moved, its name follows later',
    ...SHORT,
    reached: logged('StsUnreachable'),
    stsHost: NAME,
    wrap: names.wrap,
    begin: async ({ sts, stsFront, onEnd }) => {
      await stsFront.close();
      onEnd((await startFront(sts.port, { address: '127.0.0.2', port: stsFront.port })).close);
    },
    end: () => names.point('127.0.0.2'),
  };
}

/** Whether a process can have an /etc/hosts of its own here. */
function canMount(): true | Absent {
  const { status, error, stderr } = spawnSync(
    'unshare',
    ['--mount', '/bin/sh', '-c', 'mount --bind /etc/hosts /etc/hosts'],
    { encoding: 'utf8' },
  );
  return (
    status === 0 || { reason: `no mounts of its own for a process: ${error?.message ?? stderr.trim()} (needs root)` }
  );
}

describeWhen('own names', canMount(), () => testRows('STS by its name', [unknown(), moved()]), true);
