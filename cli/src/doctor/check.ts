/** A check: what is looked at, and what it means. In the manner of linkerd's (pkg/healthcheck/healthcheck.go): a list, each with a hint. */
import { CodedError } from '@rolechain/shared';
import type { CheckResult, State } from '../report-schemas/doctor.ts';

/** What was read of the cluster, or why it could not be. */
export type Fact<T> =
  | { readonly is: 'there'; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly error: CodedError };

export interface Verdict {
  readonly state: State;
  readonly reason?: string;
  /** Instead of the check's. */
  readonly fix?: string;
}

export interface Check<Facts> {
  readonly id: string;
  readonly category: string;
  readonly what: string;
  readonly fix: string;
  readonly page: string;
  readonly look: (facts: Facts) => Verdict;
}

export const OK: Verdict = { state: 'ok' };
export const ok = (reason: string): Verdict => ({ state: 'ok', reason });
export const failed = (reason: string, fix?: string): Verdict => with_('failed', reason, fix);
export const warning = (reason: string, fix?: string): Verdict => with_('warning', reason, fix);
export const skipped = (reason: string): Verdict => ({ state: 'skipped', reason });

function with_(state: State, reason: string, fix: string | undefined): Verdict {
  return { state, reason, ...(fix === undefined ? {} : { fix }) };
}

/** What a fact comes to; one that could not be read says which right lacks. */
export function judge<T>(fact: Fact<T>, absent: Verdict, there: (value: T) => Verdict): Verdict {
  if (fact.is === 'absent') return absent;
  if (fact.is === 'there') return there(fact.value);
  return { state: 'unknown', reason: fact.error.message, fix: fact.error.fix };
}

/** Only a right that lacks is a fact: where the cluster gives no answer at all, nothing can be said. */
export async function factOf<T>(read: () => Promise<T | undefined>): Promise<Fact<T>> {
  try {
    const value = await read();
    return value === undefined ? { is: 'absent' } : { is: 'there', value };
  } catch (error) {
    if (error instanceof CodedError && error.code === 'ClusterForbidden') return { is: 'unknown', error };
    throw error;
  }
}

export function runChecks<Facts>(checks: readonly Check<Facts>[], facts: Facts): CheckResult[] {
  return checks.map(({ look, fix, ...check }) => {
    const { state, reason, fix: own } = look(facts);
    const isFine = state === 'ok' || state === 'skipped';
    return { ...check, state, ...(reason === undefined ? {} : { reason }), ...(isFine ? {} : { fix: own ?? fix }) };
  });
}
