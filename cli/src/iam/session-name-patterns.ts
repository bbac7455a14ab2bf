/** What a session name of a template can be, as patterns of StringLike. Pure. */
import { LIMITS, placeholdersOf, sessionName, type SessionNameValues } from '@rolechain/shared';

/** Of the name of a pod: the one value that is not known before the pod is there. */
const POD = '{pod}';
/** A hash at the end of a name that was cut (shared/src/session-name.ts). */
const HASH = { length: 10, pattern: '-??????????' };

/**
 * The patterns that all session names of the template match, and few others. A template without `{pod}` has one name, without
 * a wildcard.
 */
export function sessionNamePatterns(template: string, values: Omit<SessionNameValues, 'pod'>): readonly string[] {
  if (!placeholdersOf(template).includes('pod')) return [sessionName(template, values)];
  const parts = template.split(POD).map((part) => fill(part, values));
  const clean = parts.map((part) => part.replace(/[^A-Za-z0-9_+=,.@-]/g, '-'));
  const kept = LIMITS.sessionNameMax - HASH.length - 1;
  const [first = ''] = clean;
  const whole = clean.join('*');
  // A pod's name has one character at least.
  const shortest = clean.join('x').length;
  const isKept = clean.join() === parts.join() && shortest <= LIMITS.sessionNameMax;
  const cut = first.length >= kept ? first.slice(0, kept) + HASH.pattern : `${first}*${HASH.pattern}`;
  if (!isKept) return [cut];
  // `shop.*` is every name that was cut, too.
  return clean.length === 2 && clean[1] === '' && first.length < kept ? [whole] : [whole, cut];
}

function fill(part: string, values: Omit<SessionNameValues, 'pod'>): string {
  return part.replace(/\{([^{}]*)\}/g, (_whole, name: keyof typeof values) => values[name] ?? '');
}
