/**
 * The main job in one command: `npx -y pnpm@10 demo [--file FILE]`. An annotated ServiceAccount's pod is
 * admitted by a real kube-apiserver, and an unmodified program in it is the target role.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { ANNOTATIONS, PORTS, parseRoleARN } from '@rolechain/shared';
import { isFree } from '@rolechain/test/cluster/free-port.ts';
import type { Pod } from '@rolechain/test/kubelet/pod.ts';
import { parseManifests, podOf, type KubeObject } from '@rolechain/test/stage/manifests.ts';
import { holdingContainer, startPod, untilStarted } from '@rolechain/test/stage/pod.ts';
import { accountsOf, refusalOf } from '@rolechain/test/stage/stage.ts';
import { buildAll } from '../../scripts/build.ts';
import { setAdmission, type Admission } from './admission.ts';
import { diffYAML, makeSteps } from './show.ts';

const HERE = import.meta.dirname;

async function demo(): Promise<number> {
  const began = Date.now();
  const { values } = parseArgs({ options: { file: { type: 'string', default: join(HERE, '..', 'orders.yaml') } } });
  const step = makeSteps(Date.now);
  const { objects, pod } = readFile(values.file);
  await portsAreFree();
  await buildAll();
  step('the programs are bundled into dist/');

  const admission = await setAdmission(objects, step);
  const ends: (() => Promise<void>)[] = [admission.stop];
  onInterrupt(ends);
  try {
    const { before, after: mutated } = await admission.admit(pod);
    step(`pod ${mutated.metadata?.namespace ?? ''}/${mutated.metadata?.name ?? ''} is admitted`);
    console.log(`\nWhat changed in the pod:\n\n${diffYAML(shownFields(before), shownFields(mutated))}\n`);
    const arn = await runProgram(mutated, admission, step, ends);
    const expected = expectedRole(objects, mutated);
    const right = arn.startsWith(expected);
    console.log(`\nThe program is  ${styleText(right ? 'green' : 'red', arn)}`);
    if (!right) console.log(`It should be    ${expected}...`);
    console.log(`in ${((Date.now() - began) / 1000).toFixed(1)} s, all told.`);
    return right ? 0 : 1;
  } finally {
    for (const end of ends.splice(0).reverse()) await end();
  }
}

/** Starts the sidecar as the pod names it, waits for its startup probe, and runs the program in a container. */
async function runProgram(
  pod: Pod,
  admission: Admission,
  step: (what: string) => void,
  ends: (() => Promise<void>)[],
): Promise<string> {
  const container = holdingContainer(pod);
  if (container === undefined) {
    throw new Error(
      `no container of the pod holds a role: ${pod.metadata?.annotations?.[ANNOTATIONS.skipped.key] ?? 'its account asks for none'}`,
    );
  }
  const running = await startPod(pod, admission.projections(pod));
  ends.push(running.stop);
  await untilStarted(running);
  step(`the sidecar's startup probe passes (${running.sidecar.sentence})`);
  const program = await running.run(container, [process.execPath, join(HERE, 'program.mjs'), admission.aws.sts.url]);
  const { code } = await program.exited;
  step(`the program ran in container ${container}`);
  if (code !== 0) throw new Error(`the program failed:\n${program.stderr()}\n${running.sidecar.stdout()}`);
  return program.stdout().trim();
}

/** The user's objects, those without a namespace given `default`, and the pod of the first workload. */
function readFile(file: string): { objects: KubeObject[]; pod: KubeObject } {
  const objects = parseManifests(readFileSync(file, 'utf8'));
  for (const object of objects) {
    const { kind } = object;
    const pod =
      kind === 'ServiceAccount' || kind === 'Namespace'
        ? undefined
        : podOf(object, object.metadata.namespace ?? 'default');
    if (pod) return { objects: prepared(objects, pod), pod };
  }
  throw new Error(`${file} holds no workload: a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob`);
}

/** Namespaces and ServiceAccounts alone: the rest of a user's manifests plays no part here. */
function prepared(objects: readonly KubeObject[], pod: KubeObject): KubeObject[] {
  const namespace = pod.metadata.namespace ?? 'default';
  const names = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  const missing =
    namespace === 'default' || names.includes(namespace)
      ? []
      : [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }];
  return [
    ...missing,
    ...objects.filter(({ kind }) => kind === 'Namespace'),
    ...objects.filter(({ kind }) => kind === 'ServiceAccount'),
  ];
}

/** What a user reads of a pod. The volume of the API's token has a random name. */
function shownFields({ metadata, spec }: Pod): unknown {
  const { annotations = {}, labels } = metadata ?? {};
  const shown = { metadata: { ...(Object.keys(annotations).length > 0 ? { annotations } : {}), labels }, spec };
  return JSON.parse(JSON.stringify(shown).replace(/kube-api-access-\w+/g, 'kube-api-access'));
}

function expectedRole(objects: readonly KubeObject[], pod: Pod): string {
  const account = accountsOf(objects).find(
    ({ name, namespace }) => name === pod.spec?.serviceAccountName && namespace === pod.metadata?.namespace,
  );
  const arn = parseRoleARN(account?.roles[0]?.roleARN ?? '');
  const name = arn?.resource.split('/').at(-1) ?? '';
  return `arn:${arn?.partition ?? 'aws'}:sts::${arn?.account ?? ''}:assumed-role/${name}/`;
}

async function portsAreFree(): Promise<void> {
  for (const port of [PORTS.credentials, PORTS.health]) {
    if (!(await isFree(port)))
      throw new Error(
        `port ${port} on 127.0.0.1, where the sidecar listens, is taken by another program: end that first`,
      );
  }
}

/** Ctrl-C: everything that was started is ended. */
function onInterrupt(ends: (() => Promise<void>)[]): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      void Promise.allSettled(
        ends
          .splice(0)
          .reverse()
          .map((end) => end()),
      ).then(() => process.exit(code));
    });
  }
}

demo().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(
      `\n${styleText('red', '✗')} ${refusalOf(error) ?? (error instanceof Error ? error.message : 'failed')}`,
    );
    process.exitCode = 1;
  },
);
