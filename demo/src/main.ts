/**
 * The main job in one command: `npx -y pnpm@10 demo [--file FILE] [--name WORKLOAD]`. An annotated ServiceAccount's pod
 * is admitted by a real kube-apiserver, and an unmodified program in it is the target role.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { PORTS, programText } from '@rolechain/shared';
import { isFree } from '@rolechain/kit/free-port.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { holdPorts } from '@rolechain/test/fixture/hold-ports.ts';
import { buildAll } from '../../scripts/build.ts';
import { setAdmission, wordsOf } from './admission.ts';
import { expectedRole, heldBy, runProgram } from './run-program.ts';
import { readScene, type Scene } from './scene.ts';
import { diffYAML, makeSteps } from './show.ts';

const HELP = {
  usage: `Admits the pod of an annotated ServiceAccount by a kube-apiserver, and shows that a program in it assumes the role. Options:
  --file <path>      manifests of your own; - for standard input
  --name <workload>  which workload of them
  --help             this text
  --version          the version`,
  example: 'npx -y pnpm@10 demo --file orders.yaml --name orders',
};

async function demo(): Promise<number> {
  const text = programText(process.argv.slice(2), HELP);
  if (text !== undefined) {
    process.stdout.write(text);
    return 0;
  }
  const began = Date.now();
  const step = makeSteps(Date.now);
  const scene = readArguments();
  await portsAreFree();
  await buildAll();
  step('the programs are bundled into dist/');
  for (const note of scene.notes) console.log(`${styleText('yellow', '!')} ${note}`);

  const admission = await setAdmission(scene, step);
  const ends: (() => Promise<void>)[] = [admission.stop];
  onInterrupt(ends);
  try {
    const { before, after: mutated } = await admission.admit(scene.pod);
    step(`${scene.workload}: pod ${mutated.metadata.name ?? ''} is admitted`);
    console.log(`\nWhat changed in the pod:\n\n${diffYAML(shownFields(before), shownFields(mutated))}\n`);
    const expected = expectedRole(scene, mutated, heldBy(mutated));
    const arn = await runProgram(mutated, admission, step, ends);
    const right = arn.startsWith(expected);
    console.log(`\nThe program is  ${styleText(right ? 'green' : 'red', arn)}`);
    if (!right) console.log(`It should be    ${expected}...`);
    console.log(`in ${((Date.now() - began) / 1000).toFixed(1)} s, all told.`);
    return right ? 0 : 1;
  } finally {
    for (const end of ends.splice(0).reverse()) await end();
  }
}

/** Paths are those of the shell that called pnpm, which changes to this package's folder. */
function readArguments(): Scene {
  // npm needs a -- before what is for the script, and pnpm passes it on.
  const args = process.argv.slice(2).filter((arg, index) => !(arg === '--' && index === 0));
  const { values } = parseArgs({ args, options: { file: { type: 'string' }, name: { type: 'string' } } });
  const file = values.file ?? join(import.meta.dirname, '..', 'orders.yaml');
  const path = file === '-' ? 0 : resolve(process.env.INIT_CWD ?? '.', file);
  return readScene(readText(path, file), file === '-' ? 'The file' : file, values.name);
}

const UNREADABLE: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder; name one file of it, or pipe them all to --file -',
};

function readText(path: string | number, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`${file} can't be read: ${UNREADABLE[code] ?? code}`, { cause: error });
  }
}

/** What a user reads of a pod. The volume of the API's token has a random name. */
function shownFields({ metadata, spec }: Pod): unknown {
  const { annotations = {}, labels } = metadata;
  const shown = { metadata: { ...(Object.keys(annotations).length > 0 ? { annotations } : {}), labels }, spec };
  return JSON.parse(JSON.stringify(shown).replace(/kube-api-access-\w+/g, 'kube-api-access'));
}

/** A demo or test of ours that has them ends soon; who else has them stays. */
async function portsAreFree(): Promise<void> {
  const ports = [PORTS.credentials, PORTS.health];
  const held = await holdPorts(ports);
  try {
    for (const port of ports) {
      if (!(await isFree(port)))
        throw new Error(
          `port ${port} on 127.0.0.1, where the sidecar listens, is taken by another program: end that first`,
        );
    }
  } finally {
    await held.release();
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
    console.error(`\n${styleText('red', '✗')} ${wordsOf(error)}`);
    process.exitCode = 1;
  },
);
