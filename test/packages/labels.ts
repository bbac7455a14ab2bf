/**
 * The labels of our objects (kubernetes.io, "Recommended Labels"). `instance` is not among them: there is one rolechain in a cluster,
 * its names are fixed, and Argo CD writes its own there. Nor is `managed-by`: that is the tool which applies, and Helm writes it.
 */
import { isDeepStrictEqual } from 'node:util';
import { VERSION } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

type Labels = Readonly<Record<string, string>>;

const PREFIX = 'app.kubernetes.io/';
const COMPONENTS = ['webhook', 'guard', 'test'];
/** What stays the same through an upgrade, and no other pods have: a Deployment's selector can't be changed. */
const SELECTING: Labels = { [`${PREFIX}name`]: 'rolechain', [`${PREFIX}component`]: 'webhook' };

/** What is wrong with those of an object, of its pods and of what selects them. */
export function problemsOfLabels(object: KubeObject): string[] {
  const name = `${object.kind} ${object.metadata.name}`;
  const found = [
    labelsOf(object.metadata),
    ...valuesAt(object.spec, 'template').map((template) => labelsOf(metadataOf(template))),
  ];
  const wrong = found.flatMap((labels) => wrongIn(labels, object.kind === 'Namespace'));
  const selectors = [
    ...valuesAt(object.spec, 'matchLabels'),
    ...(object.kind === 'Service' ? valuesAt(object.spec, 'selector') : []),
  ];
  const others = selectors.filter((selector) => !isDeepStrictEqual(selector, SELECTING));
  return [...wrong, ...others.map((selector) => `it selects by ${JSON.stringify(selector)}`)].map(
    (problem) => `${name}: ${problem}`,
  );
}

function wrongIn(labels: Labels, isNamespace: boolean): string[] {
  const expected = { name: 'rolechain', 'part-of': 'rolechain', version: VERSION };
  const component = labels[`${PREFIX}component`];
  const isKnown = isNamespace ? component === undefined : COMPONENTS.includes(component ?? '');
  const others = new Set([...Object.keys(expected), 'component'].map((key) => PREFIX + key));
  const foreign = Object.keys(labels).filter((key) => key.startsWith(PREFIX) && !others.has(key));
  return [
    ...Object.entries(expected).flatMap(([key, value]) =>
      labels[PREFIX + key] === value ? [] : [`${key} is not ${value}`],
    ),
    ...(isKnown ? [] : [`component is ${component}`]),
    ...foreign.map((key) => `${key} is not ours to write`),
  ];
}

const labelsOf = (metadata: object): Labels => (metadata as { labels?: Labels }).labels ?? {};
const metadataOf = (template: unknown): object => (template as { metadata?: object }).metadata ?? {};

/** All values of that key, at any depth. */
function valuesAt(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => (name === key ? [each] : valuesAt(each, key)));
}
