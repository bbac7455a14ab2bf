/** The pods of others that the tests read, in the form in which they are used. SOURCES.md says where they come from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { podOf, templateOf, type KubeObject } from '../manifests.ts';
import type { PodObject } from '../pod.ts';

export type Level = 'baseline' | 'restricted';

/** One fixture of kubernetes/pod-security-admission. */
export interface PsaFixture {
  readonly source: string;
  readonly level: Level;
  /** As `v1.37`. */
  readonly version: string;
  /** What the level alone makes of it. */
  readonly expect: 'pass' | 'fail';
  readonly pod: PodObject;
}

/** A pod of another corpus. */
export interface NamedPod {
  readonly source: string;
  readonly pod: PodObject;
}

/** Their files stand in test/corpora. */
const CORPORA = join(import.meta.dirname, '..', '..', 'corpora');
const read = (...path: string[]): Buffer => readFileSync(join(CORPORA, ...path));

/** All 4,537 of them, as they are. */
export function psaFixtures(): PsaFixture[] {
  const lines = gunzipSync(read('psa-pods.jsonl.gz')).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as PsaFixture);
}

/** What makes two fixtures the same pod: all but the name. */
export function podKey({ metadata, spec }: PodObject): string {
  return JSON.stringify([metadata.labels, metadata.annotations, spec]);
}

/** The fixtures' pods, each once. */
export function distinctPods(fixtures: readonly PsaFixture[]): NamedPod[] {
  return [...new Map(fixtures.map(({ source, pod }) => [podKey(pod), { source, pod }])).values()];
}

/**
 * The pods in the objects whose every field is filled, without `hostNetwork`, with which the webhook would leave
 * them alone. No apiserver accepts them.
 */
export function everyFieldPods(): NamedPod[] {
  return readdirSync(join(CORPORA, 'every-field')).map((source) => {
    const object = JSON.parse(read('every-field', source).toString()) as KubeObject;
    const pod = podOf(object, 'shop') as PodObject;
    // A controller passes on little of the template's metadata, but here every field counts.
    const metadata = { ...templateOf(object)?.metadata, ...pod.metadata };
    return { source, pod: { ...pod, metadata, spec: { ...pod.spec, hostNetwork: false } } };
  });
}

/** The prefix of annotations that direct the tests of that project; an apiserver refuses keys with two slashes. */
const DIRECTIVE = 'testing.eks.amazonaws.com/';

/** The EKS webhook's fixtures, without the directives of its tests. */
export function eksPods(): NamedPod[] {
  const files = readdirSync(join(CORPORA, 'eks-webhook'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((source) => source.endsWith('.yaml'))
    .sort()
    .map((source) => {
      // Some name a key twice: the last one counts, as for kubectl.
      const pod = parse(read('eks-webhook', source).toString(), { uniqueKeys: false }) as PodObject;
      const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(([key]) => !key.startsWith(DIRECTIVE));
      return { source, pod: { ...pod, metadata: { ...pod.metadata, annotations: Object.fromEntries(annotations) } } };
    });
}

/** The pod as an apiserver takes it: names without underscores, one of these ServiceAccounts. */
export function forApiserver(pod: PodObject, namespace: string, serviceAccountName: string): PodObject {
  const name = (pod.metadata.name ?? 'pod').replaceAll('_', '-');
  return {
    ...pod,
    metadata: { ...pod.metadata, name, namespace },
    spec: { ...pod.spec, serviceAccountName },
  };
}
