/**
 * A model of how the apiserver calls mutating webhooks (k8s.io/apiserver pkg/admission/plugin/webhook/mutating,
 * dispatcher.go and reinvocationcontext.go, and pkg/admission/reinvocation.go): in the order of their names; then,
 * when any of them changed the object, the built-in plugins once more, and of the webhooks those that say IfNeeded
 * and were called before something changed. Only for tests; the real one runs in test/orders.
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
  const again = new Set<ModelWebhook<T>>();
  const waiting = new Set<ModelWebhook<T>>();
  const changes = (): void => {
    waiting.forEach((webhook) => again.add(webhook));
    waiting.clear();
  };
  const call = (webhook: ModelWebhook<T>): boolean => {
    const next = webhook.mutate(current);
    const changed = !isDeepStrictEqual(next, current);
    if (changed) changes();
    current = next;
    if (webhook.reinvocationPolicy === 'IfNeeded') waiting.add(webhook);
    return changed;
  };
  if (!webhooks.map(call).includes(true)) return current;
  const before = current;
  current = inTree(current);
  if (!isDeepStrictEqual(before, current)) changes();
  // Asked one by one: a change of this round brings back a later webhook, too.
  for (const webhook of webhooks) if (again.has(webhook)) call(webhook);
  return current;
}
