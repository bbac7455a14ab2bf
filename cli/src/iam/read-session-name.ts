/** What a session name says alone, and which pods and templates make it. Pure. */
import { LIMITS, fillSessionName, placeholdersOf, sessionName, type SessionNameValues } from '@rolechain/shared';
import type { NameSays } from '../report-schemas/whois.ts';

/** What `sessionName` puts behind a name that it had to change: ten digits of SHA-256. */
const HASHED = /^(.*)-[0-9a-f]{10}$/;
/** `eks-CLUSTER-POD-UUID`, as EKS Auth names the session of an association's role. */
const POD_IDENTITY = /^eks-.{1,}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A Namespace's name has no dot, so the first one ends it. */
const DEFAULT = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.(.+)$/;

/** Of a name alone: nobody can tell a template from the default one whose values look the same. */
export function readName(session: string): NameSays {
  if (POD_IDENTITY.test(session)) return { form: 'pod-identity', namespace: null, pod: null };
  // Cut to 64 with its hash, the common case: a default name of 64 characters that ends so is as rare as the hash is long.
  const cut = session.length === LIMITS.sessionNameMax ? HASHED.exec(session)?.[1] : undefined;
  const [, namespace, pod] = DEFAULT.exec(cut ?? session) ?? [];
  const says = { namespace: namespace ?? null, pod: pod ?? null };
  if (cut !== undefined) return { form: 'hashed', ...says };
  return { form: namespace === undefined ? 'other' : 'default', ...says };
}

/** Whether the template makes this very name of these values: a hash is computed again, so that a cut name is as certain. */
export function makesName(session: string, template: string, values: SessionNameValues): boolean {
  return sessionName(template, values) === session;
}

/** Whether it may have made this name of a pod that is gone, and of a cluster whose name is not known here. */
export function mayMakeName(
  session: string,
  template: string,
  values: Omit<SessionNameValues, 'pod' | 'cluster'>,
): boolean {
  const unknown = placeholdersOf(template).some((name) => name === 'pod' || name === 'cluster');
  if (!unknown) return makesName(session, template, values);
  const literals = fillSessionName(template, values).split(/\{[^{}]*\}/);
  if (isMadeOf(session, literals)) return true;
  // A name that was cut, or in which a character was replaced: its beginning is told, and the hash is of a whole nobody has.
  const begin = HASHED.exec(session)?.[1];
  return begin !== undefined && beginsAs(begin, literals[0] ?? '');
}

/** The literals in their order, at both ends too. */
function isMadeOf(session: string, literals: readonly string[]): boolean {
  const [first = '', ...others] = literals.map(clean);
  const last = others.pop() ?? '';
  if (!session.startsWith(first) || !session.endsWith(last)) return false;
  const end = session.length - last.length;
  let at = first.length;
  for (const literal of others) {
    const found = session.indexOf(literal, at);
    if (found === -1) return false;
    at = found + literal.length;
  }
  return at < end;
}

/** As far as both go. */
function beginsAs(begin: string, literal: string): boolean {
  const length = Math.min(begin.length, literal.length);
  return length > 0 && begin.slice(0, length) === clean(literal).slice(0, length);
}

const clean = (literal: string): string => literal.replace(/[^A-Za-z0-9_+=,.@-]/g, '-');
