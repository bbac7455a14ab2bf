/**
 * What is found of ServiceAccounts, kept for the pods that come of them by the hundred: their annotation as it was read, and what
 * it comes to. Both are pure, and cost up to tens of milliseconds for the largest texts. One object, made in main: no module
 * keeps anything of its own.
 */
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, readAnnotation, type AnnotationRead } from '@rolechain/shared';
import type { OtherAccounts, ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { memo } from './lru-memo.ts';

/** What a judgement depends on. */
export interface JudgedBy {
  readonly account: ServiceAccount;
  readonly settings: DecideSettings;
  readonly others: OtherAccounts;
  /** The Namespace's `rolechain.io/allowed-roles`. */
  readonly patterns: string | undefined;
}

export interface Judgements {
  /** The annotation that counts; undefined when the account asks for nothing. */
  readonly readAccount: (
    account: ServiceAccount,
    settings: Pick<DecideSettings, 'fluxAlias'>,
  ) => AnnotationRead | undefined;
  /** What `compute` makes of it, or made of it before. `compute` is the same at every call. */
  readonly judge: <T>(by: JudgedBy, compute: (by: JudgedBy) => T) => T;
}

/** Values of our annotation and of Flux's, where that counts. */
type Texts = readonly [ours: string | undefined, flux: string | undefined];

const readTexts = ([ours, flux]: Texts): AnnotationRead | undefined =>
  readAnnotation({ ours, flux, fluxEnabled: true });

const makeReader =
  (read: typeof readTexts): Judgements['readAccount'] =>
  ({ annotations }, { fluxAlias }) => {
    const { [ANNOTATIONS.assumeRole.key]: ours, [FOREIGN_KEYS.fluxAssumeRole]: flux } = annotations;
    return ours === undefined && !fluxAlias ? undefined : read([ours, fluxAlias ? flux : undefined]);
  };

/** Keeps nothing: for one decision alone, as a command or a test makes it. */
export const UNKEPT: Judgements = { readAccount: makeReader(readTexts), judge: (by, compute) => compute(by) };

const BOUNDS = { maxEntries: LIMITS.readsKept, maxChars: LIMITS.readsKeptChars };
const weigh = (output: unknown): number => (output === undefined ? 0 : JSON.stringify(output).length);

/** Within LIMITS.readsKept and LIMITS.readsKeptChars, for the settings that were asked for last: a program has one. */
export function makeJudgements(): Judgements {
  let kept: { readonly settings: DecideSettings; readonly judge: Judgements['judge'] } | undefined;
  return {
    readAccount: makeReader(memo({ compute: readTexts, keyOf: (texts) => JSON.stringify(texts), weigh, ...BOUNDS })),
    judge: (by, compute) => {
      if (kept?.settings !== by.settings) kept = { settings: by.settings, judge: makeJudge() };
      return kept.judge(by, compute);
    },
  };
}

function makeJudge(): Judgements['judge'] {
  const judged = memo({
    compute: ({ by, compute }: { readonly by: JudgedBy; readonly compute: (by: JudgedBy) => unknown }) => compute(by),
    // All of it is plain data, which JSON tells apart.
    keyOf: ({ by: { account, others, patterns } }) => JSON.stringify([account, [...others], patterns ?? null]),
    weigh,
    ...BOUNDS,
  });
  return <T>(by: JudgedBy, compute: (by: JudgedBy) => T): T => judged({ by, compute }) as T;
}
