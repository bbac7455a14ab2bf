/**
 * What is found of ServiceAccounts, kept for the pods that come of them by the hundred: their annotation as it was read, and what
 * it comes to. Both are pure, and cost up to tens of milliseconds for the largest texts. One object, made in main: no module
 * keeps anything of its own.
 */
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, readAnnotation, type AnnotationRead } from '@rolechain/shared';
import type { DecideSettings } from '../settings/settings.ts';
import { judge, type Accepted, type JudgedBy, type ReadAnnotation } from './judge-service-account.ts';
import { memo } from './lru-memo.ts';
import type { Refused } from './refusal.ts';

export interface Judgements {
  readonly readAccount: ReadAnnotation;
  readonly judge: (by: JudgedBy) => Accepted | Refused | undefined;
}

/** Values of our annotation and of Flux's, where that counts; seconds of a session for which nothing is written. */
type Texts = readonly [ours: string | undefined, flux: string | undefined, durationSeconds: number];

const readTexts = ([ours, flux, durationSeconds]: Texts): AnnotationRead | undefined =>
  readAnnotation({ ours, flux, fluxEnabled: true, durationSeconds });

const makeReader =
  (read: typeof readTexts): ReadAnnotation =>
  ({ annotations }, { fluxAlias, maxSessionDuration }) => {
    const { [ANNOTATIONS.assumeRole.key]: ours, [FOREIGN_KEYS.fluxAssumeRole]: flux } = annotations;
    if (ours === undefined && !fluxAlias) return undefined;
    const durationSeconds = Math.min(maxSessionDuration, LIMITS.durationDefaultSeconds);
    return read([ours, fluxAlias ? flux : undefined, durationSeconds]);
  };

const readAnew = makeReader(readTexts);
/** Keeps nothing: for one decision alone, as a command or a test makes it. */
export const UNKEPT: Judgements = { readAccount: readAnew, judge: (by) => judge(by, readAnew) };

const BOUNDS = { maxEntries: LIMITS.readsKept, maxChars: LIMITS.readsKeptChars };
const weigh = (output: unknown): number => (output === undefined ? 0 : JSON.stringify(output).length);

/** Within LIMITS.readsKept and LIMITS.readsKeptChars, for the settings that were asked for last: a program has one. */
export function makeJudgements(): Judgements {
  const readAccount = makeReader(
    memo({ compute: readTexts, keyOf: (texts) => JSON.stringify(texts), weigh, ...BOUNDS }),
  );
  const makeJudge = (): Judgements['judge'] =>
    memo({
      compute: (by: JudgedBy) => judge(by, readAccount),
      // All of it is plain data, which JSON tells apart.
      keyOf: ({ account, others, patterns }) => JSON.stringify([account, [...others], patterns ?? null]),
      weigh,
      ...BOUNDS,
    });
  let kept: { readonly settings: DecideSettings; readonly judge: Judgements['judge'] } | undefined;
  return {
    readAccount,
    judge: (by) => {
      if (kept?.settings !== by.settings) kept = { settings: by.settings, judge: makeJudge() };
      return kept.judge(by);
    },
  };
}
