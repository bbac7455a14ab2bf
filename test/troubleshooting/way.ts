/**
 * Ways to fail, as data: docs/troubleshooting.md is made of them, and the tests beside this file make each of them happen on
 * real parts and look whether the page is right.
 */
import type { Code } from './cause.ts';

/** What a person sees at first, which is how the page is ordered. */
export const GROUPS = {
  refused: 'kubectl refuses',
  starting: 'The pod does not start',
  sdk: 'The SDK has no credentials',
  identity: 'Nothing seems wrong, but the identity is another',
  installation: 'The installation',
} as const;
export type Group = keyof typeof GROUPS;

/** Who prints, in words that stand at the head of what is printed. */
export const VIEWERS = [
  'kubectl apply',
  'kubectl describe pod',
  'kubectl describe replicaset',
  'kubectl logs',
  'kubectl logs --container rolechain',
  'kubectl logs deployment/rolechain-webhook',
  'rolechain explain pod',
  'rolechain explain -f',
  'rolechain status',
  'rolechain doctor',
  'AWS SDK for JavaScript v3',
  'botocore',
  'botocore of 2022',
  'AWS SDK for Go v2',
] as const;
export type Viewer = (typeof VIEWERS)[number];

/**
 * 3: the first command shows cause and fix. 2: a second look is needed. 1: the first misleads, or luck is needed. 0: nothing
 * says it. Below 2 nothing is left.
 */
export type Grade = 2 | 3;

export interface Way {
  /** Of the row, in kebab case. */
  readonly id: string;
  /** What is wrong, as a person would say it afterwards. */
  readonly title: string;
  readonly group: Group;
  /** None where only a warning says it, in `says`. Cause and fix are those of the first; the others are told beside it, or instead of it by an older version. */
  readonly codes: readonly Code[];
  /**
   * The text of this case, where it is said instead of the table's: what the page quotes of a code that many mistakes share
   * (FieldUnknown), as it is printed.
   */
  readonly says?: { readonly cause?: string; readonly fix?: string };
  /** As sentences that can be read alone, where what is printed can't: it is a clause, or leans on what stands before it. */
  readonly reads?: { readonly cause?: string; readonly fix?: string };
  /** What each viewer prints, a part by which the page is found; `…` is whatever differs, {cause} and {fix} those of the code. */
  readonly symptoms: Readonly<Partial<Record<Viewer, string>>>;
  /** What a person looks at first where this happens: one of the viewers above. */
  readonly first: Viewer;
  readonly grade: Grade;
  /** One command: it shows cause and fix, or is the fix. */
  readonly command: string;
  /** A sentence or two of what else to know. */
  readonly note?: string;
}
