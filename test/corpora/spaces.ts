/** Namespaces in which the pods of the corpora are created: one for each level and version of Pod Security. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { PsaFixture } from '@rolechain/kit/corpora/load.ts';

/** Accounts of every namespace: one that asks for no role, one that does. */
export const PLAIN = 'plain';
export const ANNOTATED = 'orders';
const ROLE = 'arn:aws:iam::222222222222:role/orders';

/** No level is enforced here. */
export const ANY_LEVEL = 'any-level';

/** The namespace that enforces what the fixture is about. */
export function spaceOf({ level, version }: Pick<PsaFixture, 'level' | 'version'>): string {
  return `${level}-${version.replace('.', '-')}`;
}

/** A Namespace with its two accounts. */
export function space(
  name: string,
  { labels = {}, annotations = {} }: Partial<Record<'labels' | 'annotations', Record<string, string>>> = {},
): KubeObject[] {
  const account = (account: string, of: Record<string, string>): KubeObject => {
    return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: name, annotations: of } };
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } },
    account(PLAIN, {}),
    account(ANNOTATED, { [ANNOTATIONS.assumeRole.key]: ROLE }),
  ];
}

/** Those of all fixtures, each with its own level and version. */
export function levelSpaces(fixtures: readonly PsaFixture[]): KubeObject[] {
  const byName = new Map(fixtures.map((fixture) => [spaceOf(fixture), fixture]));
  return [...byName].flatMap(([name, { level, version }]) =>
    space(name, {
      labels: {
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/enforce-version': version,
      },
    }),
  );
}
