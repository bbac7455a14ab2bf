/**
 * An account's annotation, read. Reading is pure, and costs tens of milliseconds for the largest texts, so each text is
 * read once however many pods its account has.
 */
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, readAnnotation, type AnnotationRead } from '@rolechain/shared';
import { memo } from './lru-memo.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** The annotation that counts; undefined when the account asks for nothing. */
export function readAccount(
  { annotations }: ServiceAccount,
  { fluxAlias }: Pick<DecideSettings, 'fluxAlias'>,
): AnnotationRead | undefined {
  const { [ANNOTATIONS.assumeRole.key]: ours, [FOREIGN_KEYS.fluxAssumeRole]: flux } = annotations;
  if (ours === undefined && !fluxAlias) return undefined;
  return readTexts([ours, fluxAlias ? flux : undefined]);
}

/** Values of our annotation and of Flux's, where that counts. */
type Texts = readonly [ours: string | undefined, flux: string | undefined];

const readTexts = memo({
  compute: ([ours, flux]: Texts) => readAnnotation({ ours, flux, fluxEnabled: true }),
  keyOf: (texts) => JSON.stringify(texts),
  weigh: (read) => (read ? JSON.stringify(read).length : 0),
  maxEntries: LIMITS.readsKept,
  maxChars: LIMITS.readsKeptChars,
});
