/**
 * A model of how the apiserver calls mutating webhooks (k8s.io/apiserver pkg/admission/plugin/webhook/mutating,
 * dispatcher.go, and pkg/admission/reinvocation.go): in the order of their names, then, when a later one changed
 * the object, once more those earlier ones that say IfNeeded. Only for tests; the real one runs in test/cluster.
 */
import { isDeepStrictEqual } from 'node:util';

export interface ModelWebhook<T> {
  readonly reinvocationPolicy: 'IfNeeded' | 'Never';
  readonly mutate: (object: T) => T;
}

/** The object after both rounds. `inTree` stands for the built-in plugins, which run before each round. */
export function callWebhooks<T>(
  object: T,
  webhooks: readonly ModelWebhook<T>[],
  inTree: (object: T) => T = (o) => o,
): T {
  let current = inTree(object);
  const again = new Set<number>();
  const round = (second: boolean): void => {
    webhooks.forEach((webhook, index) => {
      if (second && !again.has(index)) return;
      const next = webhook.mutate(current);
      if (!isDeepStrictEqual(next, current)) markEarlier(webhooks, again, index);
      current = next;
    });
  };
  round(false);
  const before = current;
  if (again.size === 0) return current;
  current = inTree(current);
  // A change by the built-in plugins calls every webhook of the first round again.
  if (!isDeepStrictEqual(before, current)) markEarlier(webhooks, again, webhooks.length);
  round(true);
  return current;
}

function markEarlier<T>(webhooks: readonly ModelWebhook<T>[], again: Set<number>, index: number): void {
  webhooks.slice(0, index).forEach((webhook, earlier) => {
    if (webhook.reinvocationPolicy === 'IfNeeded') again.add(earlier);
  });
}
