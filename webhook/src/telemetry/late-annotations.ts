/**
 * Counts the pods that slip: those that were left alone because the annotation of their ServiceAccount had not been seen yet
 * (contract: within the watches' lag). The webhook reads no pods, so it remembers for a while whose it has left alone.
 */
import { LIMITS } from '@rolechain/shared';

export interface LateAnnotations {
  /** A pod of this account was left alone: nothing asked for a role. `account`: `shop/orders`. */
  readonly leftAlone: (account: string) => void;
  /** The account is seen to ask. */
  readonly asks: (account: string) => void;
}

/** `now`: milliseconds of a clock that nobody sets. */
export function makeLateAnnotations(now: () => number, slipped: (pods: number) => void): LateAnnotations {
  // The account whose pod came last at the end.
  const pods = new Map<string, { readonly count: number; readonly lastAt: number }>();
  const recent = (account: string): number => {
    const found = pods.get(account);
    return found && now() - found.lastAt < LIMITS.lateAnnotationMs ? found.count : 0;
  };
  return {
    leftAlone: (account) => {
      const count = recent(account) + 1;
      pods.delete(account);
      pods.set(account, { count, lastAt: now() });
      for (const [oldest] of pods) {
        if (pods.size <= LIMITS.lateAnnotationAccounts) break;
        pods.delete(oldest);
      }
    },
    asks: (account) => {
      const count = recent(account);
      pods.delete(account);
      if (count > 0) slipped(count);
    },
  };
}
