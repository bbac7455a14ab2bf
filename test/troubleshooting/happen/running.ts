/** Ways to fail of a pod that is there: its sidecar as it is shipped, beside doubles of AWS, and programs of SDKs. */
import { eventually } from '@rolechain/kit/until.ts';
import { call, plainPod } from '@rolechain/webhook/testing/fixtures.ts';
import { bundlePrograms, type RunningSidecar } from '../../sidecar/harness.ts';
import type { Seen } from '../measure.ts';
import type { Happenings } from '../run.ts';
import { wayOf } from '../table.ts';
import { makeWorld, type World } from './pod-world.ts';
import { RUNS } from './pod-runs.ts';
import { STARTS } from './pod-starts.ts';

/** So many pods side by side: most of their time is waiting, and a machine that is short of processors would let calls of STS time out. */
const AT_ONCE = 6;

/** What each way's viewers printed, once that is known. */
export interface PodStage {
  readonly seen: Readonly<Record<string, Promise<Seen>>>;
  readonly end: () => Promise<void>;
}

const WAYS: Readonly<Record<string, (world: World, way: string) => Promise<Seen>>> = {
  ...Object.fromEntries(
    Object.entries(STARTS).map(([way, start]) => [
      way,
      async (world: World) => ofStart((await start(world, way)).sidecar, way),
    ]),
  ),
  ...RUNS,
};

export const RUNNING: Happenings<PodStage> = Object.fromEntries(
  Object.keys(WAYS).map((way) => [way, ({ seen }: PodStage) => seen[way] ?? Promise.resolve({})]),
);

export async function makePodStage(): Promise<PodStage> {
  const programs = await bundlePrograms();
  const world = await makeWorld(programs);
  const places = makePlaces(AT_ONCE);
  const seen = Object.fromEntries(
    Object.entries(WAYS).map(([way, happen]) => [way, places.use(() => happen(world, way))]),
  );
  // Each is awaited by its test; until then no rejection is unheard.
  for (const one of Object.values(seen)) one.catch(() => undefined);
  return {
    seen,
    end: async () => {
      await Promise.allSettled(Object.values(seen));
      await world.close();
      programs.remove();
    },
  };
}

/** A pod that has no credentials yet, once it says why. */
async function ofStart(sidecar: RunningSidecar, way: string): Promise<Seen> {
  const [code = ''] = wayOf(way).codes;
  const end: { code?: number | null } = {};
  void sidecar.ended.then((ended) => (end.code = ended.code));
  const log = (): string => sidecar.output().out + sidecar.output().err;
  let event = '';
  const what = (): string => `${code}, but: ${event} ${log()}`;
  await eventually(what, () => log().includes(code));
  // Where the machine is short of processors, a call may time out in between; a process that has ended tells no event.
  const look = async (): Promise<boolean> => {
    event = await described(sidecar);
    return end.code !== undefined || event.includes(code);
  };
  await eventually(what, look, { everyMs: 1000 });
  const shown = end.code === undefined ? event : `${terminated(end.code, log())}\n${event}`;
  return { 'kubectl describe pod': shown, 'kubectl logs --container rolechain': log() };
}

/** The last that a kubelet keeps of a log as the message (kubelet, kuberuntime_container.go: MaxContainerTerminationMessageLogLength). */
const MESSAGE_BYTES = 2048;

/** How a container's end is described, as far as the policy that the webhook writes into the sidecar has it told. */
function terminated(code: number | null, log: string): string {
  const [container] = (call(plainPod()).pod.spec.initContainers ?? []) as { terminationMessagePolicy?: string }[];
  const isTold = container?.terminationMessagePolicy === 'FallbackToLogsOnError' && code !== 0;
  const message = isTold ? `Message: ${Buffer.from(log).subarray(-MESSAGE_BYTES).toString().trim()}\n` : '';
  return `Last State: Terminated\nReason: Error\n${message}Exit Code: ${code}`;
}

/** Runs tasks, so many at once. */
function makePlaces(count: number): { use<T>(task: () => Promise<T>): Promise<T> } {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    use: async (task) => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}

/** As the kubelet tells what a startup probe prints (kubelet, prober.go), and kubectl the event. */
async function described(sidecar: RunningSidecar): Promise<string> {
  const { out } = await sidecar.probe();
  return `Warning  Unhealthy  3s  kubelet  Startup probe failed: ${out}`;
}
