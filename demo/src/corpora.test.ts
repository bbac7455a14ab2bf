/**
 * What people have, through the demo's own steps on one real apiserver: every file of the corpora, and one file of each
 * kind of workload. What the apiserver takes without us comes out as the role, or is refused with a reason of ours; what
 * it doesn't take is refused in its words. The kinds and a sample of the corpora are run to the end; of the others the
 * environment is looked at.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ENV, REASONS, SIDECAR } from '@rolechain/shared';
import type { Binaries } from '@rolechain/test/cluster/binaries.ts';
import { describeWithBinaries } from '@rolechain/test/cluster/jest.ts';
import { makeDryRuns, type Answer, type DryRuns } from '@rolechain/test/corpora/dry-run.ts';
import { distinctPods, eksPods, psaFixtures, type NamedPod } from '@rolechain/kit/corpora/load.ts';
import type { PodObject } from '@rolechain/kit/pod.ts';
import { containerEnvironment } from '@rolechain/test/kubelet/environment.ts';
import { containerOf, type Pod } from '@rolechain/kit/pod.ts';
import { applyAll } from '@rolechain/test/fixture/install.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { setReal, wordsOf } from './admission.ts';
import { expectedRole, heldBy, runProgram } from './run-program.ts';
import { namespaceOf, readScene, type Scene } from './scene.ts';
import { manifestsIn, WORKLOAD_FILES } from './testing.ts';

interface Played {
  readonly file: string;
  readonly scene: Scene;
  /** Of the same pod with an account that asks for no role, by a client of its own. */
  readonly withoutUs: Answer | { readonly accepted: false; readonly message: string };
  /** The pod as it came out, or what the demo says. */
  readonly pod?: Pod;
  readonly words?: string;
}

const CORPORA = join(__dirname, '..', '..', 'test', 'corpora');
/** Under a name that a pod may have, and no other has. */
const asFile = ({ source, pod }: NamedPod, index: number): [string, string] => {
  const name = `${(pod.metadata.name ?? 'pod').replaceAll('_', '-')}-${index}`;
  return [source, JSON.stringify({ ...pod, metadata: { ...pod.metadata, name } })];
};

const GROUPS = {
  'one of each kind': WORKLOAD_FILES,
  'every field': manifestsIn(join(CORPORA, 'every-field')),
  'EKS webhook fixtures as they are': manifestsIn(join(CORPORA, 'eks-webhook')),
  'EKS webhook fixtures without their directives': eksPods().map(asFile),
  'Pod Security fixtures': distinctPods(psaFixtures()).map(asFile),
} satisfies Record<string, [string, string][]>;
type Group = keyof typeof GROUPS;
const NAMES = Object.keys(GROUPS) as Group[];

const PLAIN = 'rolechain-demo-plain';

function tests(binaries: Binaries): void {
  let fixture: Awaited<ReturnType<typeof setReal>>;
  let dryRuns: DryRuns;
  const down: (() => unknown)[] = [];
  const played = {} as Record<Group, Played[]>;

  beforeAll(async () => {
    const scenes = NAMES.map((name) => GROUPS[name].map(([file, text]) => ({ file, scene: readScene(text, file) })));
    const all = scenes.flat().map(({ scene }) => scene);
    // The AWS doubles must know all accounts from the beginning. A Namespace that no apiserver takes comes later.
    const objects = once(all.flatMap((scene) => scene.objects)).filter(({ metadata }) => !namespaceLike(metadata));
    const secrets = Object.assign({}, ...all.map((scene) => scene.secrets)) as Scene['secrets'];
    fixture = await setReal({ objects, secrets }, binaries, () => undefined);
    down.push(fixture.stop);
    dryRuns = makeDryRuns(fixture.cluster);
    down.push(dryRuns.close);
    const namespaces = [...new Set(objects.map(namespaceOf)), 'default'];
    await applyAll(fixture.cluster.kubeConfig, namespaces.map(plainAccount));
    for (const [index, name] of NAMES.entries()) played[name] = await inTurns(scenes[index] ?? [], play);
  });
  afterAll(async () => {
    for (const end of down.reverse()) await end();
  });

  async function play({ file, scene }: { file: string; scene: Scene }): Promise<Played> {
    const impossible = scene.objects.filter(({ metadata }) => namespaceLike(metadata));
    try {
      await applyAll(fixture.cluster.kubeConfig, impossible);
    } catch (error) {
      const message = (JSON.parse((error as { body: string }).body) as { message: string }).message;
      return { file, scene, withoutUs: { accepted: false, message }, words: wordsOf(error) };
    }
    const { spec, ...rest } = scene.pod as PodObject;
    const { serviceAccount: _old, ...others } = spec;
    const withoutUs = await dryRuns.create({ ...rest, spec: { ...others, serviceAccountName: PLAIN } });
    try {
      const { after } = await fixture.admit(scene.pod, true);
      heldBy(after);
      return { file, scene, withoutUs, pod: after };
    } catch (error) {
      return { file, scene, withoutUs, words: wordsOf(error) };
    }
  }

  test.each(NAMES)('%s: what the apiserver takes without us is the role, or refused with a reason of ours', (name) => {
    const wrong = played[name].filter(({ withoutUs, pod, words = '' }) => withoutUs.accepted && !pod && !isOurs(words));
    expect(wrong.map(({ file, words }) => [file, words])).toEqual([]);
  });

  test.each(NAMES)("%s: what it doesn't take is refused in its own words", (name) => {
    const wrong = played[name].filter(
      ({ withoutUs, words }) => !withoutUs.accepted && !isSame(words, withoutUs.message),
    );
    expect(wrong.map(({ file, words, withoutUs }) => [file, words, withoutUs])).toEqual([]);
  });

  test.each(NAMES)('%s: the environment of what is admitted leads to the role', (name) => {
    const wrong = played[name].flatMap(({ file, scene, pod }) => {
      if (!pod) return [];
      const container = heldBy(pod);
      const { envFrom = [], ...of } = containerOf(pod, container);
      const { env } = containerEnvironment(pod, of);
      const config = containerOf(pod, SIDECAR.name).env?.find((one) => one.name === ENV.config)?.value ?? '';
      const [, role = ''] = /:assumed-role\/(.+)\/$/.exec(expectedRole(scene, pod, container)) ?? [];
      const leads =
        env[ENV.fullURI]?.startsWith('http://127.0.0.1:') &&
        env[ENV.tokenFile] &&
        (env[ENV.region] !== undefined || envFrom.length > 0);
      return leads && role !== '' && config.includes(`:role/${role}"`) ? [] : [file];
    });
    expect(wrong).toEqual([]);
  });

  test('the corpora have what they are looked at for', () => {
    const table = NAMES.map((name) => {
      const all = played[name];
      const refused = all.filter(({ withoutUs, pod }) => withoutUs.accepted && !pod).length;
      return [name, all.length, all.filter(({ pod }) => pod).length, refused];
    });
    process.stdout.write(
      `${table.map(([name, all, role, ours]) => `${name}: ${all}, the role ${role}, refused by us ${ours}`).join('\n')}\n`,
    );
    expect(played['one of each kind'].filter(({ pod }) => pod).length).toBe(WORKLOAD_FILES.length);
    expect(played['Pod Security fixtures'].filter(({ pod }) => pod).length).toBeGreaterThan(300);
    expect(played['every field'].filter(({ words }) => words).length).toBe(7);
  });

  const sample = (name: Group, count: number): Played[] => {
    const admitted = played[name].filter(({ pod }) => pod);
    const step = Math.ceil(admitted.length / count);
    return admitted.filter((_one, index) => index % step === 0);
  };
  test.each<[Group, number]>([
    ['one of each kind', WORKLOAD_FILES.length],
    ['EKS webhook fixtures without their directives', 2],
    ['Pod Security fixtures', 4],
  ])('%s: the program of %i is the role', async (name, count) => {
    for (const { file, scene } of sample(name, count)) {
      const ends: (() => Promise<void>)[] = [];
      try {
        const { after } = await fixture.admit(scene.pod);
        const arn = await runProgram(after, fixture, () => undefined, ends);
        expect([file, arn]).toEqual([file, expect.stringContaining(expectedRole(scene, after, heldBy(after)))]);
      } finally {
        for (const end of ends) await end();
      }
    }
  });
}

/** The apiserver tells several problems of one map in any order. */
function isSame(words = '', others: string): boolean {
  return isDeepStrictEqual(...([words, others].map((text) => text.split(' ').sort()) as [string[], string[]]));
}

/** A refusal or a skipped pod, with its code. */
function isOurs(words: string): boolean {
  const refused = /^admission webhook "pods\.rolechain\.io" denied the request: rolechain: [^]* \[(\w+)\]$/.exec(words);
  const skipped = /^no container of the pod holds a role: (\w+) /.exec(words);
  const [, code = ''] = refused ?? skipped ?? [];
  return Object.hasOwn(REASONS, code);
}

/** Whether an object of the corpus of every field is, or is in, a namespace that can't be. */
function namespaceLike({ name, namespace }: KubeObject['metadata']): boolean {
  return /[A-Z]/.test(`${name ?? ''}${namespace ?? ''}`);
}

const plainAccount = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: PLAIN, namespace },
});

/** Each object once: two files that differ in one would not be two files here. */
function once(objects: readonly KubeObject[]): KubeObject[] {
  const found = new Map<string, KubeObject>();
  for (const object of objects) {
    const key = `${object.kind} ${namespaceOf(object)}/${object.metadata.name ?? ''}`;
    expect([key, found.get(key) ?? object]).toEqual([key, object]);
    found.set(key, object);
  }
  return [...found.values()];
}

/** A few at a time. */
async function inTurns<A, B>(all: readonly A[], step: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (let at = 0; at < all.length; at += 8) done.push(...(await Promise.all(all.slice(at, at + 8).map(step))));
  return done;
}

describeWithBinaries('what people have, on a real apiserver', tests);
