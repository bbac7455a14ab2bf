/** Runs what an admitted pod names, and says who its program is. */
import { join } from 'node:path';
import { ANNOTATIONS, ENV, parseRoleARN } from '@rolechain/shared';
import { containerOf, type Pod } from '@rolechain/kit/pod.ts';
import { REGION } from '@rolechain/test/fixture/aws.ts';
import { holdingContainer, startPod, untilStarted } from '@rolechain/test/fixture/pod.ts';
import { accountsOf } from '@rolechain/test/fixture/fixture.ts';
import type { Admission } from './control-plane.ts';
import type { Scene } from './scene.ts';

/** What has not come by then won't: it takes a second. */
const STARTS_WITHIN_MS = 30_000;
const PROGRAM = join(import.meta.dirname, 'program.mjs');

/**
 * Starts the sidecar as the pod names it, waits for its startup probe, and runs the demo's program in the environment of
 * a container; gives the ARN that STS knows it by.
 */
export async function runProgram(
  pod: Pod,
  admission: Pick<Admission, 'aws' | 'projections'>,
  step: (what: string) => void,
  ends: (() => Promise<void>)[],
): Promise<string> {
  const container = heldBy(pod);
  const running = await startPod(pod, admission.projections(pod));
  ends.push(running.stop);
  await untilStarted(running, STARTS_WITHIN_MS);
  step(`the sidecar's startup probe passes (${running.sidecar.sentence})`);
  const region = hasNoRegion(pod, container) ? [`${ENV.region}=${REGION}`] : [];
  if (region.length > 0) step(`its envFrom may set the Region, and is not here: it is ${REGION}`);
  // What NODE_OPTIONS says is for the Node of the user's image, and may name files of it.
  const environment = ['-u', 'NODE_OPTIONS', ...region];
  const program = await running.run(container, [
    '/usr/bin/env',
    ...environment,
    ...[process.execPath, PROGRAM, admission.aws.sts.url],
  ]);
  const { code } = await program.exited;
  step(`the program ran in container ${container}`);
  if (code !== 0) throw new Error(`the program failed:\n${program.stderr()}\n${running.sidecar.stdout()}`);
  return program.stdout().trim();
}

/** Where a container has `envFrom` the webhook sets none: it would win over the ConfigMap's. */
function hasNoRegion(pod: Pod, container: string): boolean {
  const { env = [], envFrom = [] } = containerOf(pod, container);
  return envFrom.length > 0 && !env.some(({ name }) => name === ENV.region || name === ENV.defaultRegion);
}

/** Its first container that holds a role. Throws an Error that says why there is none. */
export function heldBy(pod: Pod): string {
  const container = holdingContainer(pod);
  if (container !== undefined) return container;
  const { namespace = '', annotations = {} } = pod.metadata;
  const skipped = annotations[ANNOTATIONS.skipped.key];
  const [inject, status] = [ANNOTATIONS.inject.key, ANNOTATIONS.status.key];
  throw new Error(
    skipped !== undefined
      ? `no container of the pod holds a role: ${skipped} (docs/pods.md says what that means)`
      : annotations[inject] === 'false'
        ? `no container of the pod holds a role: its annotation ${inject} is "false"`
        : status in annotations
          ? 'only init containers of the pod hold a role: the demo runs its program in an ordinary one'
          : `the pod holds no role: the webhook is not called for namespace ${namespace}, unless it is labelled rolechain.io/enabled=true`,
  );
}

/** The beginning of the session's ARN: of the role that the account names for what the container holds. */
export function expectedRole({ objects }: Scene, pod: Pod, container: string): string {
  const account = accountsOf(objects)[0];
  const { containers = {} } = JSON.parse(pod.metadata.annotations?.[ANNOTATIONS.status.key] ?? '{}') as {
    containers?: Record<string, string[]>;
  };
  const role = account?.roles.find(({ name }) => name === containers[container]?.[0]);
  const arn = parseRoleARN(role?.roleARN ?? '');
  const name = arn?.resource.split('/').at(-1) ?? '';
  return `arn:${arn?.partition ?? 'aws'}:sts::${arn?.account ?? ''}:assumed-role/${name}/`;
}
