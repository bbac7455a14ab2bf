/** The rows of the order matrix: which webhooks are beside ours, on which side of it, and who asks to be called again. */
import type { injectors, Injector } from '../models/injectors.ts';

export type Policy = 'IfNeeded' | 'Never';
export type Side = 'before' | 'after';
export const POLICIES: readonly Policy[] = ['IfNeeded', 'Never'];

export interface Beside {
  readonly injector: Injector;
  readonly side: Side;
}

export interface Row {
  /** The namespace of this row. */
  readonly namespace: string;
  /** The webhooks beside ours: outcomes of one scenario are compared with one another. */
  readonly scenario: string;
  readonly beside: readonly Beside[];
  readonly theirs: Policy;
  readonly ours: Policy;
}

/** Ours is called by this name, IfNeeded or Never; others sort before it or behind it. */
export const OUR_NAMES: Readonly<Record<Policy, string>> = { IfNeeded: 'rolechain', Never: 'rolechain-never' };
const PREFIX: Readonly<Record<Side, string>> = { before: 'a', after: 'z' };

/** The name of the configuration that calls an injector on this side under this policy. */
export function configurationName({ injector, side }: Beside, policy: Policy): string {
  return `${PREFIX[side]}-${injector.name}-${policy.toLowerCase()}`;
}

/** Each webhook alone on either side, then several at once on all sides. */
export function matrix(known: ReturnType<typeof injectors>): Row[] {
  const { irsa, podIdentity, istioNative, istioClassic, linkerdNative, linkerdClassic, vault } = known;
  const alone = Object.values(known).flatMap((injector) =>
    rows(injector.name, [[{ injector, side: 'before' }], [{ injector, side: 'after' }]]),
  );
  const together = [
    [irsa, istioNative, vault],
    [podIdentity, linkerdNative, vault],
    [irsa, istioClassic, linkerdClassic, vault],
  ].flatMap((list) => rows(list.map(({ name }) => name).join(' '), everySide(list)));
  return [...alone, ...together].map((row, index) => ({
    ...row,
    namespace: `row-${String(index + 1).padStart(3, '0')}`,
  }));
}

function rows(scenario: string, arrangements: readonly (readonly Beside[])[]): Omit<Row, 'namespace'>[] {
  return arrangements.flatMap((beside) =>
    POLICIES.flatMap((theirs) => POLICIES.map((ours) => ({ scenario, beside, theirs, ours }))),
  );
}

/** All on one side; the first, EKS's, on one and the rest on the other; and as their real names sort: Vault behind. */
function everySide(list: readonly Injector[]): Beside[][] {
  const sides: ((index: number) => Side)[] = [
    () => 'before',
    () => 'after',
    (index) => (index === 0 ? 'before' : 'after'),
    (index) => (index === 0 ? 'after' : 'before'),
    (index) => (index === list.length - 1 ? 'after' : 'before'),
  ];
  return sides.map((sideOf) => list.map((injector, index) => ({ injector, side: sideOf(index) })));
}
