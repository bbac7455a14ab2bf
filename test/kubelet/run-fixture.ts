/** For the tests of running containers: a pod as the webhook makes it, and programs of a few lines. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@rolechain/kit/until.ts';
import { containerOf, type Container, type Pod } from '@rolechain/kit/pod.ts';
import { runContainer, type Isolation, type RunOptions, type RunningContainer } from './run.ts';
import { makeVolumes, type PodVolumes } from './volumes.ts';

export const TOKENS = '/var/run/secrets/rolechain.io';
export const POD: Pod = {
  metadata: { name: 'orders-0', namespace: 'shop' },
  spec: {
    volumes: [
      { name: 'rolechain', emptyDir: { medium: 'Memory' } },
      {
        name: 'rolechain-base-identity',
        projected: { sources: [{ serviceAccountToken: { path: 'aud/token', audience: 'aud' } }] },
      },
      { name: 'data', emptyDir: {} },
    ],
    initContainers: [
      {
        name: 'rolechain',
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        volumeMounts: [
          { name: 'rolechain', mountPath: TOKENS },
          { name: 'rolechain-base-identity', mountPath: '/var/run/rolechain/base-identity', readOnly: true },
        ],
      },
    ],
    containers: [
      {
        name: 'app',
        env: [
          { name: 'with.dot', value: 'a b\n"c" $$(POD) é' },
          { name: 'TOKEN_FILE', value: `${TOKENS}/default/token` },
          { name: 'EMPTY' },
        ],
        volumeMounts: [
          { name: 'rolechain', mountPath: `${TOKENS}/default`, subPath: 'default', readOnly: true },
          { name: 'data', mountPath: '/data' },
        ],
      },
    ],
  },
};

/** The environment of the pod's container `app`. */
export const APP_ENV = { 'with.dot': 'a b\n"c" $(POD) é', TOKEN_FILE: `${TOKENS}/default/token`, EMPTY: '' };

export interface Fixture {
  /** The pod's volumes, made again for each test. */
  volumes(): PodVolumes;
  /** Runs a few lines of JavaScript as the program of a container, by name one of the pod. */
  run(container: string | Container, code: string, more?: Partial<RunOptions>): Promise<RunningContainer>;
}

/** Makes volumes before each test of the file; ends what ran in them and removes them after it. */
export function useFixture(): Fixture {
  let volumes: PodVolumes | undefined;
  const running: RunningContainer[] = [];
  const current = () => {
    if (!volumes) throw new Error('the volumes are there within a test only');
    return volumes;
  };
  beforeEach(async () => {
    volumes = await makeVolumes(POD, { token: (audience) => Promise.resolve(`token for ${audience}`) });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((container) => container.stop(0)));
    await volumes?.remove();
  });
  return {
    volumes: current,
    run: async (container, code, more) => {
      const started = await runContainer({
        pod: POD,
        container: typeof container === 'string' ? containerOf(POD, container) : container,
        volumes: current(),
        command: [process.execPath, '-e', code],
        ...more,
      });
      running.push(started);
      return started;
    },
  };
}

/** Code that prints a file; `path` is an expression. */
export function readCode(path: string): string {
  return `process.stdout.write(fs.readFileSync(${path}, 'utf8'))`;
}

/** Waits until the program's output holds the text. */
export async function said(container: RunningContainer, text: string): Promise<void> {
  await eventually(`it says ${text}`, () => container.stdout().includes(text), {
    everyMs: 5,
    hopeless: () => (container.process.exitCode === null ? undefined : `ended early: ${container.stderr()}`),
  });
}

/** The tests of one way to run a container, skipped with a printed reason where this machine does not have it. */
export function describeWay(isolation: Isolation, tests: () => void): void {
  const probe = probeNow();
  if (isolation === 'rewritten-paths' || probe.ok) describe(isolation, tests);
  // A mount namespace takes a right that not every machine gives; the same tests run with rewritten paths there.
  else describe.skip(`${isolation} (SKIPPED: ${probe.reason})`, tests);
}

/** Jest must know what to skip before any test runs, so another process asks, while this one waits. */
function probeNow(): { ok: boolean; reason?: string } {
  const code = `
    const { canIsolate } = await import(${JSON.stringify(join(__dirname, 'isolation.ts'))});
    console.log(JSON.stringify(await canIsolate()));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code]).toString()) as ReturnType<
    typeof probeNow
  >;
}

/** Resolves once no process has the id. One that only waits for its dead parent's heir counts as ended. */
export async function ended(pid: number): Promise<void> {
  await eventually(`process ${pid} is gone`, async () => !(await alive(pid)), { everyMs: 5 });
}

async function alive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !state.includes(') Z ');
}
