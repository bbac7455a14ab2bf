/** Plays a scenario: creates its pod, starts the sidecar, and asks every container that holds a role who it is. */
import { join } from 'node:path';
import { containerOf, type Pod } from '@rolechain/kit/pod.ts';
import { ROOT } from '../fixture/install.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { projections, startPod, untilStarted, type RunningPod } from '../fixture/pod.ts';
import { createPod, type Fixture } from '../fixture/fixture.ts';
import { podOfScenario, type Scenario } from './scenario.ts';

const program = join(ROOT, 'demo/src/program.mjs');

export interface RunResult {
  /** Caller ARN by container; POD stands for the pod's name. */
  readonly callers: Readonly<Record<string, string>>;
  /** Regions in the environments of those containers. */
  readonly regions: readonly (string | undefined)[];
  readonly resources: unknown;
  /** Containers of the row without a variable or mount of ours. */
  readonly leftAlone: readonly string[];
}

type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Runner {
  readonly play: (scenario: Scenario) => Promise<RunResult>;
  /** Waits until the startup probe names the code. */
  readonly fails: (scenario: Scenario, code: string) => Promise<void>;
  readonly hear: (text: string) => void;
  /** Everything that was logged, served and written into pods by all rows. */
  readonly said: () => string;
  /** What the Secrets hold; the key id of static keys is a name, as AWS's own logs have it. */
  readonly secrets: () => readonly string[];
}

/** `secrets` are those of every namespace. */
export function makeRunner({ cluster, aws }: Fixture, secrets: Secrets): Runner {
  const said: string[] = [];

  async function withPod<T>(scenario: Scenario, use: (running: RunningPod) => Promise<T>): Promise<T> {
    const created = await createPod(cluster, podOfScenario(scenario));
    const filled = { ...projections(cluster.kubeConfig, created), secrets, apiURL: cluster.url };
    const running = await startPod(created, filled);
    try {
      return await use(running);
    } finally {
      said.push(JSON.stringify(created), ...(await servedBy(running)));
      await running.stop();
      said.push(running.sidecar.stdout(), running.sidecar.stderr());
    }
  }

  async function callers(scenario: Scenario, running: RunningPod): Promise<Record<string, string>> {
    const seen: Record<string, string> = {};
    for (const container of Object.keys(scenario.callers)) {
      const ran = await running.run(container, [process.execPath, program, aws.sts.url]);
      const { code } = await ran.exited;
      if (code !== 0) throw new Error(`${ran.stderr()}\n${running.sidecar.stdout()}`);
      seen[container] = ran
        .stdout()
        .trim()
        .replace(running.pod.metadata.name ?? '', 'POD');
    }
    return seen;
  }

  return {
    play: (scenario) =>
      withPod(scenario, async (running) => {
        await untilStarted(running);
        const seen = await callers(scenario, running);
        const { pod } = running;
        return {
          callers: seen,
          regions: Object.keys(seen).flatMap((name) => regionsOf(pod, name)),
          resources: (containerOf(pod, 'rolechain') as { resources?: unknown }).resources,
          leftAlone: (scenario.containers ?? []).filter((name) => isLeftAlone(pod, name)),
        };
      }),
    fails: (scenario, code) =>
      withPod(scenario, (running) =>
        until(`the startup probe says ${code}`, PATIENCE_MS, async () => (await running.probe()).output.includes(code)),
      ),
    hear: (text) => {
      said.push(text);
    },
    said: () => said.join('\n'),
    secrets: () => Object.values(secrets).flatMap((data) => Object.values(data).filter((v) => !v.startsWith('AKIA'))),
  };
}

/** What the sidecar serves to everybody. */
function servedBy({ pod }: RunningPod): Promise<string[]> {
  const config = containerOf(pod, 'rolechain').env?.find(({ name }) => name === 'ROLECHAIN_CONFIG')?.value ?? '{}';
  const { ports } = JSON.parse(config) as { ports: { health: number } };
  const paths = ['/status', '/metrics'];
  return Promise.all(paths.map(async (path) => (await fetch(`http://127.0.0.1:${ports.health}${path}`)).text()));
}

function regionsOf(pod: Pod, container: string): (string | undefined)[] {
  const { env = [] } = containerOf(pod, container);
  return ['AWS_REGION', 'AWS_DEFAULT_REGION'].map((name) => env.find((variable) => variable.name === name)?.value);
}

function isLeftAlone(pod: Pod, container: string): boolean {
  const { env = [], volumeMounts = [] } = containerOf(pod, container);
  return env.length === 0 && volumeMounts.every(({ name }) => !name.startsWith('rolechain'));
}
